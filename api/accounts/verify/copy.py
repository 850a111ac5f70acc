"""The ledger against the warehouse's copy of it: a past that was rewritten so that it adds up shows here.

The copy is one consistent cut of the ledger, and its newest batch names the snapshot of that cut. A row that this
snapshot shows must be in the copy, and what is in the copy must still be in the ledger, unchanged. What came later
is not in the copy yet. Only an administrator's command reads both: no service has a way to the warehouse.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import IsolationLevel
from psycopg.sql import SQL, Composable, Composed, Literal

from api.accounts.verify.errors import MOST_FAULTS, CannotCheck, Fault

_SESSION = "set lock_timeout = '60s'; set timezone = 'UTC'"
# Keeps a full re-read, which empties the copy, waiting until we have seen it.
_HOLD = "lock table raw.batch, raw.transaction, raw.account in access share mode"
_NEWEST = """
    select batch_id, snapshot, receipt, receipt_xid, complete_through
    from raw.batch order by batch_id desc limit 1
"""
# A dump brings the receipt along into another cluster, but not the transaction that wrote it.
_KNOWS = "select exists (select from accounts.extract_receipt where id = %s and xmin::text = %s)"


@dataclass(frozen=True)
class _Table:
    """Rows in the order of their first `key` columns; the first `fixed` columns of a row never change."""

    name: str
    columns: tuple[str, ...]
    key: int
    fixed: int

    def query(self, schema: str, *more: Composable) -> Composed:
        columns = SQL(", ").join((*map(SQL, self.columns), *more))
        key = SQL(", ").join(map(SQL, self.columns[: self.key]))
        return SQL("copy (select {} from {}.{} order by {}) to stdout").format(
            columns, SQL(schema), SQL(self.name), key
        )

    def key_of(self, row: list[str]) -> tuple[str, int]:
        """As the database orders them: an id, and the sequence where that belongs to it."""
        return row[0], int(row[1]) if self.key == 2 else 0

    def fault(self, row: list[str], what: str) -> Fault:
        is_entry = self.key == 2
        where = f"account {row[0]}" + (f", sequence {row[1]}" if is_entry else "")
        return Fault(where, what, datetime.fromisoformat(row[-1]) if is_entry else None, is_of_copy=True)


_ENTRIES = _Table(
    "transaction",
    ("account_id", "sequence", "id", "transfer_id", "counterparty", "amount", "balance_after", "at"),
    key=2,
    fixed=8,
)
_ACCOUNTS = _Table(
    "account",
    ("id", "type", "currency", "opened_at", "approved", "total", "last_sequence", "closed_at"),
    key=1,
    fixed=4,
)


@dataclass(frozen=True)
class Copy:
    """The newest batch of the warehouse's copy: the ledger as `snapshot` shows it."""

    warehouse: psycopg.Connection
    batch_id: int
    snapshot: str
    receipt: UUID
    receipt_xid: str
    complete_through: datetime

    def compare(self, ledger: psycopg.Connection) -> list[Fault]:
        """The entries and accounts that differ (the first MOST_FAULTS), in a snapshot taken after `open_copy`.

        Raises CannotCheck when the copy is not of this ledger.
        """
        ((is_known,),) = ledger.execute(_KNOWS, (self.receipt, self.receipt_xid)).fetchall()
        if not is_known:
            raise CannotCheck(
                f"the warehouse's copy is of another ledger, which knew its batch {self.batch_id}. If this one is"
                " the right one, make a new copy: tidemark warehouse reload"
            )
        faults: list[Fault] = []
        is_due = SQL("pg_visible_in_snapshot(xid, {})").format(Literal(self.snapshot))
        for table in (_ENTRIES, _ACCOUNTS):
            with (
                _lines(ledger, table.query("accounts", is_due)) as here,
                _lines(self.warehouse, table.query("raw")) as there,
            ):
                # To the end, however much differs: a COPY that is left in the middle ends the transaction.
                for fault in _differences(table, here, there):
                    if len(faults) < MOST_FAULTS:
                        faults.append(fault)
        return faults


def open_copy(warehouse: psycopg.Connection) -> Copy | None:
    """Holds the copy as it is now until the connection closes; None when there is none yet."""
    warehouse.execute(_SESSION)
    warehouse.commit()
    warehouse.isolation_level = IsolationLevel.REPEATABLE_READ
    warehouse.read_only = True
    try:
        warehouse.execute(_HOLD)
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedTable):
        return None
    row = warehouse.execute(_NEWEST).fetchone()
    return Copy(warehouse, *row) if row else None


@contextmanager
def _lines(connection: psycopg.Connection, query: Composed) -> Iterator[Iterator[bytes]]:
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        yield (line for block in copy for line in bytes(block).splitlines())


def _differences(table: _Table, here: Iterator[bytes], there: Iterator[bytes]) -> Iterator[Fault]:
    """`here` says at the end of each line whether the copy must have the row, as it is now."""
    copied = next(there, None)
    for line in here:
        if line[:-2] == copied:
            copied = next(there, None)
            continue
        row, is_due = _fields(line[:-2]), line.endswith(b"t")
        while copied is not None and table.key_of(_fields(copied)) < table.key_of(row):
            yield table.fault(_fields(copied), "it is gone; the warehouse's copy has it")
            copied = next(there, None)
        if copied is None or table.key_of(row) < table.key_of(_fields(copied)):
            if is_due:
                yield table.fault(row, "the warehouse's copy should have it, and does not")
            continue
        yield from _differing(table, row, _fields(copied), is_due=is_due)
        copied = next(there, None)
    while copied is not None:
        yield table.fault(_fields(copied), "it is gone; the warehouse's copy has it")
        copied = next(there, None)


def _differing(table: _Table, row: list[str], copied: list[str], *, is_due: bool) -> Iterator[Fault]:
    known = len(table.columns) if is_due else table.fixed
    for name, one, other in zip(table.columns[:known], row, copied, strict=False):
        if one != other:
            yield table.fault(row, f"its {name} is {one}, the warehouse's copy says {other}")
            return


def _fields(line: bytes) -> list[str]:
    return line.decode().split("\t")
