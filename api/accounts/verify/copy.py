"""The ledger against the warehouse's copy of it: a past that was rewritten so that it adds up shows here.

The copy is one consistent cut of the ledger, and its newest batch names the snapshot of that cut. A row that this
snapshot shows must be in the copy, and what is in the copy must still be in the ledger, unchanged. What came later
is not in the copy yet. Only an administrator's command reads both: no service has a way to the warehouse.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from uuid import UUID

import psycopg
from psycopg import IsolationLevel
from psycopg.sql import SQL, Composed, Literal

from api.accounts.verify.errors import CannotCheck, LedgerFault

_SESSION = "set lock_timeout = '60s'; set timezone = 'UTC'"
# Keeps a full re-read, which empties the copy, waiting until we have seen it.
_HOLD = "lock table raw.batch, raw.transaction, raw.account in access share mode"
_NEWEST = "select batch_id, snapshot, receipt, complete_through from raw.batch order by batch_id desc limit 1"
_KNOWS = "select exists (select from accounts.extract_receipt where id = %s)"

_ENTRY = ("account_id", "sequence", "id", "transfer_id", "counterparty", "amount", "balance_after", "at")
_ENTRIES = "select {columns} from {schema}.transaction where {is_in_copy} order by account_id, sequence"
# What never changes first, the state after it.
_ACCOUNT = ("id", "type", "currency", "opened_at", "approved", "total", "last_sequence", "closed_at")
_FIXED = 4
_ACCOUNTS = "select {columns}, {is_in_copy} from {schema}.account order by id"

_NOT_COPIED = "the warehouse's copy does not have it, though it is older than the copy"
_GONE = "it is gone; the warehouse's copy has it"


@dataclass(frozen=True)
class Copy:
    """The newest batch of the warehouse's copy: the ledger as `snapshot` shows it."""

    warehouse: psycopg.Connection
    batch_id: int
    snapshot: str
    receipt: UUID
    complete_through: datetime

    def compare(self, ledger: psycopg.Connection) -> None:
        """Every entry and every account, in a snapshot of the ledger taken after `open_copy`.

        Raises LedgerFault for the first row that differs, CannotCheck when the copy is not of this ledger.
        """
        ((is_known,),) = ledger.execute(_KNOWS, (self.receipt,)).fetchall()
        if not is_known:
            raise CannotCheck(
                f"the warehouse's copy is of another ledger, which knew its batch {self.batch_id}. If this one is"
                " the right one, make a new copy: tidemark warehouse reload"
            )
        is_in_copy = SQL("pg_visible_in_snapshot(xid, {})").format(Literal(self.snapshot))
        for query, columns, compare in (
            (_ENTRIES, _ENTRY, _compare_entries),
            (_ACCOUNTS, _ACCOUNT, _compare_accounts),
        ):
            with (
                _rows(ledger, _query(query, columns, "accounts", is_in_copy)) as here,
                _rows(self.warehouse, _query(query, columns, "raw", SQL("true"))) as there,
            ):
                compare(here, there)


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


def _query(query: str, columns: tuple[str, ...], schema: str, is_in_copy: SQL | Composed) -> Composed:
    return SQL("copy ({}) to stdout").format(
        SQL(query).format(columns=SQL(", ").join(map(SQL, columns)), schema=SQL(schema), is_in_copy=is_in_copy)
    )


@contextmanager
def _rows(connection: psycopg.Connection, query: Composed) -> Iterator[Iterator[bytes]]:
    """The lines of a COPY. Left before the end, the connection is of no more use, as after a fault."""
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        yield (line for block in copy for line in bytes(block).splitlines())


def _compare_entries(here: Iterator[bytes], there: Iterator[bytes]) -> None:
    for entry, copied in zip_longest(here, there):
        if entry != copied:
            _raise_entry(_fields(entry), _fields(copied))


def _raise_entry(entry: list[str], copied: list[str]) -> None:
    first = min(filter(None, (entry, copied)), key=_place)
    where = f"account {first[0]}, sequence {first[1]}"
    if not copied or (entry and _place(entry) < _place(copied)):
        raise LedgerFault(f"{where}: {_NOT_COPIED}.")
    if not entry or _place(copied) < _place(entry):
        raise LedgerFault(f"{where}: {_GONE}.")
    raise LedgerFault(f"{where}: {_difference(_ENTRY, entry, copied)}.")


def _compare_accounts(here: Iterator[bytes], there: Iterator[bytes]) -> None:
    copies = map(_fields, there)
    copied = next(copies, None)
    for account, is_in_copy in ((row[:-1], row[-1] == "t") for row in map(_fields, here)):
        if copied and copied[0] < account[0]:
            break
        if copied is None or copied[0] > account[0]:
            if is_in_copy:
                raise LedgerFault(f"account {account[0]}: {_NOT_COPIED}.")
            continue
        known = len(_ACCOUNT) if is_in_copy else _FIXED
        if account[:known] != copied[:known]:
            raise LedgerFault(f"account {account[0]}: {_difference(_ACCOUNT[:known], account, copied)}.")
        copied = next(copies, None)
    if copied:
        raise LedgerFault(f"account {copied[0]}: {_GONE}.")


def _fields(line: bytes | None) -> list[str]:
    return line.decode().split("\t") if line else []


def _place(entry: list[str]) -> tuple[str, int]:
    return entry[0], int(entry[1])


def _difference(names: tuple[str, ...], here: list[str], there: list[str]) -> str:
    name, one, other = next(row for row in zip(names, here, there, strict=False) if row[1] != row[2])
    return f"its {name} is {one}, the warehouse's copy says {other}"
