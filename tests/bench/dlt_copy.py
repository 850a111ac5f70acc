"""The ledger's transactions by dlt; run as `python -m tests.bench.dlt_copy SOURCE WAREHOUSE BACKEND`."""

import sys
import time
from uuid import uuid4

import dlt
from dlt.sources.sql_database import sql_table

from pipelines.extract.source import TRANSACTION_COLUMNS


def main() -> None:
    """One table into a schema of its own; prints the seconds that it took."""
    source, warehouse, backend = sys.argv[1:]
    name = f"dlt_{uuid4().hex[:8]}"
    pipeline = dlt.pipeline(name, destination=dlt.destinations.postgres(warehouse), dataset_name=name)
    table = sql_table(
        source.replace("postgresql://", "postgresql+psycopg://", 1),
        table="transaction",
        schema="accounts",
        backend=backend,  # type: ignore[arg-type]
        included_columns=list(TRANSACTION_COLUMNS),
    )
    began = time.perf_counter()
    pipeline.run(table, write_disposition="replace").raise_on_failed_jobs()
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
