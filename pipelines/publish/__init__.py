"""Publish: bring what the marts hold into the bank's schema `stats`, all of a run or none of it."""
