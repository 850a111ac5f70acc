"""Transform: run the dbt project of `warehouse/` up to a batch, inside this process.

dbt's own command costs five seconds of start-up each time; called as a library, with the project parsed once,
a run of all models takes one.
"""
