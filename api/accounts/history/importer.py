"""Copies both files into the database and posts them there, in one transaction: all of it or nothing."""

import csv
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from api.accounts.history.errors import HistoryFault
from api.accounts.history.files import CsvFile
from api.accounts.history.progress import UPDATE_EVERY_S, Reporter
from api.accounts.history.rows import (
    ACCOUNT_COLUMNS,
    TRANSACTION_COLUMNS,
    account_rows,
    transaction_rows,
)

Row = TypeVar("Row", bound=tuple[Any, ...])

_COPY_ACCOUNTS = (
    "copy accounts.import_account (line, reference, type, currency, overdraft_limit, opened_at, owner_id)"
    " from stdin"
)
_COPY_ROWS = "copy accounts.import_row (line, at, account, amount, counterparty, memo, reference) from stdin"
_CLEAR = "truncate accounts.import_account, accounts.import_row"
_MAP = """
    select a.import_reference, a.id::text, a.number
    from accounts.import_account i join accounts.account a on a.id = i.account_id
    order by i.line
"""


@dataclass(frozen=True)
class Imported:
    """How much was new, and how many transactions had been there before."""

    accounts: int
    transactions: int
    repeated: int
    seconds: float


def import_history(
    url: str,
    accounts_path: Path,
    transactions_path: Path,
    *,
    owner_id: UUID | None,
    map_path: Path | None,
    reporter: Reporter,
) -> Imported:
    """Imports two files as the schema's owner. Raises HistoryFault, and then nothing was kept.

    `map_path` gets CSV account,account_id,number of all accounts in the file, known ones too.
    """
    started = time.perf_counter()
    accounts = CsvFile(accounts_path, ACCOUNT_COLUMNS, ("owner_id",))
    transactions = CsvFile(transactions_path, TRANSACTION_COLUMNS)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        # It also makes imports wait for each other.
        cursor.execute(_CLEAR)
        _copy(cursor, _COPY_ACCOUNTS, account_rows(accounts))
        rows = _copy(cursor, _COPY_ROWS, _reported(transaction_rows(transactions), transactions, reporter))
        reporter.report("posting", rows, None)
        cursor.execute("select * from accounts.import_history(%s)", (owner_id,))
        file, line, fault, opened, posted, repeated = cursor.fetchone() or ()
        if fault is not None:
            raise HistoryFault(accounts_path if file == "accounts" else transactions_path, line, fault)
        keep_map = _write_map(cursor, map_path) if map_path else None
        cursor.execute(_CLEAR)
        connection.commit()
    if keep_map:
        keep_map()
    reporter.report("done", rows, 1.0)
    return Imported(opened, posted, repeated, time.perf_counter() - started)


def _copy(cursor: psycopg.Cursor, statement: str, rows: Iterable[tuple[Any, ...]]) -> int:
    count = 0
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _reported(rows: Iterator[Row], file: CsvFile, reporter: Reporter) -> Iterator[Row]:
    reported_at = float("-inf")
    for count, row in enumerate(rows):
        if (now := time.perf_counter()) - reported_at > UPDATE_EVERY_S:
            reported_at = now
            reporter.report("reading", count, file.share_read())
        yield row


def _write_map(cursor: psycopg.Cursor, path: Path) -> Callable[[], None]:
    """Written before the commit and put in its place after it: neither exists without the other."""
    unfinished = path.with_name(path.name + ".new")
    with unfinished.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["account", "account_id", "number"])
        writer.writerows(cursor.execute(_MAP))
    return lambda: os.replace(unfinished, path)
