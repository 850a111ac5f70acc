"""History proven again: what runs proved long ago may have been damaged since.

A part of history is a range of accounts, with all that belongs to them, or a range of days, for what counts the
bank as a whole. Within a part the same proofs hold as in a run that looks at everything; and readers have what the
marts say. The scrubber goes through the parts in order, within a budget each day. What is found is kept as damage:
no run publishes before it has been proven to be mended.
"""
