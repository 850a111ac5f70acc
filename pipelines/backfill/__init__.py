"""Backfill: days of the ledger read once more, to make anew what they touch and to mend what was damaged."""
