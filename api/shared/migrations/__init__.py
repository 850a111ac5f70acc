"""How a schema of the database `bank` is made and brought up to date.

A folder holds what makes it: `migrations/versions/NNNN_<what>.py` change tables, types and data, each once;
`sql/NN_<subject>.sql` hold what can be replaced whole (functions, triggers, views, grants) as it is now.
"""
