"""Extract: carry each ledger row into the warehouse exactly once.

The watermark is a Postgres snapshot. A row belongs to a batch when the batch's snapshot shows it and the one
before did not, whatever its time, its id or the moment it was committed.
"""
