"""Proofs: what must hold before anything is published.

Each proof is one query in a file of `ledger/` (the copy against the bank) or `statistics/` (the marts against the
copy and against what was published). A query gives one row for each thing looked at: account_id, place (a sequence
number, period or currency), expected, found, holds. The first lines of a file say what it proves.

They calculate everything a second time, on purpose: `calendar.py` makes a calendar of its own, and no macro of the
models is used.

On every run a proof looks at what is above the last published batch, which was proven when it was published;
at a close at what is new since the last close of its kind, and at the closed period. The rest of history is proven
again part by part (pipelines/history).
"""
