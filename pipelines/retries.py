"""How a step is tried again."""

import dagster as dg

# A database that restarts or a connection that breaks is back within seconds; every step is safe to repeat.
TRANSIENT = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL)
