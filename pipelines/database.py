"""Connections, locks and streams, the same for every step."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

Connection = psycopg.Connection[TupleRow]

# One class of advisory locks in the warehouse; the second key says what is locked.
LOCK_CLASS = 7113
RUN_LOCK = 1
EXTRACT_LOCK = 2
SCHEMA = Path(__file__).with_name("schema.sql")


class Busy(Exception):
    """Someone else is at it, and did not finish in the time we were ready to wait."""


def connect(url: str) -> Connection:
    """An autocommit connection whose session time zone is UTC. Nothing is prepared: RDS Proxy can't pin it."""
    connection = psycopg.connect(url, autocommit=True, prepare_threshold=None)
    connection.execute("set time zone 'UTC'")
    return connection


def lock(warehouse: Connection, key: int, wait_s: float) -> None:
    """Take an advisory lock that ends with the current transaction, or with the session outside of one.

    Raises Busy when `wait_s` have passed. A holder that was killed has lost its session, and so its lock.
    """
    in_transaction = warehouse.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    function = "pg_advisory_xact_lock" if in_transaction else "pg_advisory_lock"
    warehouse.execute("select set_config('lock_timeout', %s, false)", (f"{max(1, round(wait_s * 1000))}ms",))
    try:
        warehouse.execute(f"select {function}(%s, %s)", (LOCK_CLASS, key))
    except psycopg.errors.LockNotAvailable:
        what = "another extract" if key == EXTRACT_LOCK else "another run of the pipeline"
        raise Busy(f"{what} is at work in this warehouse and did not finish within {wait_s:.0f} s") from None
    warehouse.execute("select set_config('lock_timeout', '0', false)")


@contextmanager
def one_cut(connection: Connection) -> Iterator[None]:
    """A read-only transaction of one snapshot for all statements. After an error close the connection."""
    connection.execute("begin isolation level repeatable read read only")
    yield
    connection.execute("rollback")


def stream(
    origin: Connection,
    query: sql.Composable,
    target: Connection,
    table: sql.Composable,
    *,
    frozen: bool = False,
    as_text: bool = False,
) -> int:
    """Copy what `query` gives in `origin` into `table` (name and columns) of `target`; returns the rows.

    Binary, for which column types must be the same on both sides, or `as_text`, which `target` reads as its own
    types. `frozen`: the rows are written as a vacuum would leave them; the table must have been emptied in this
    transaction. Raises psycopg.DataError when not all rows arrived.
    """
    form = "text" if as_text else "binary"
    with origin.cursor() as reading, target.cursor() as writing:
        with (
            reading.copy(sql.SQL(f"copy ({{}}) to stdout (format {form})").format(query)) as rows,
            writing.copy(
                sql.SQL(f"copy {{}} from stdin (format {form}{', freeze' if frozen else ''})").format(table)
            ) as sink,
        ):
            for data in rows:
                sink.write(data)
        if reading.rowcount != writing.rowcount:
            raise psycopg.DataError(f"{reading.rowcount} rows left, {writing.rowcount} arrived")
        return writing.rowcount


def prepare(warehouse: Connection) -> None:
    """Make the pipeline's own schemas and tables in the warehouse, where they are missing."""
    warehouse.execute("set client_min_messages = warning")
    warehouse.execute(SCHEMA.read_text())
