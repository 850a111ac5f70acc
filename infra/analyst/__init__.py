"""`tidemark analyst`: try a change of the dbt project beside production, on its data, before anyone else sees it.

What differs from production is built into a schema of the analyst's own; what does not is read from production.
"""
