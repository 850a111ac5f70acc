"""Copies a history's files into the database and posts them there, in one transaction: all of it or nothing."""

import csv
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from api.accounts.history.errors import FAULTS_MAX, HistoryFault, HistoryRefused
from api.accounts.history.files import CsvFile
from api.accounts.history.progress import UPDATE_EVERY_S, Reporter
from api.accounts.history.rows import (
    ACCOUNT_COLUMNS,
    TRANSACTION_COLUMNS,
    account_rows,
    transaction_rows,
)
from api.accounts.history.summary import Summary, summarise

_COPY_ACCOUNTS = (
    "copy accounts.import_account (line, reference, type, currency, overdraft_limit, opened_at, owner_id)"
    " from stdin"
)
_COPY_ROWS = "copy accounts.import_row (file, line, at, account, amount, counterparty, memo, reference) from stdin"
_CLEAR = "truncate accounts.import_account, accounts.import_row, accounts.import_movement"
_MAP = """
    select a.import_reference, a.id::text, a.number
    from accounts.import_account i join accounts.account a on a.id = i.account_id
    order by i.line
"""


def import_history(
    url: str,
    accounts_path: Path,
    transactions_paths: tuple[Path, ...],
    *,
    owner_id: UUID | None,
    map_path: Path | None,
    is_dry_run: bool,
    reporter: Reporter,
) -> Summary:
    """Imports a history as the schema's owner. Raises HistoryRefused, and then nothing was kept.

    A dry run checks all and keeps nothing. `map_path` gets CSV account,account_id,number of all accounts in the
    file, known ones too.
    """
    started = time.perf_counter()
    accounts = CsvFile(accounts_path, ACCOUNT_COLUMNS, ("owner_id",))
    files = [accounts, *(CsvFile(path, TRANSACTION_COLUMNS) for path in transactions_paths)]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        # It also makes imports wait for each other.
        cursor.execute(_CLEAR)
        rows = _copy_files(cursor, files, reporter)
        reporter.report("checking", rows, None)
        found = cursor.execute("select * from accounts.prepare_import(%s, %s)", (owner_id, FAULTS_MAX)).fetchall()
        if found:
            raise HistoryRefused([files[file].fault(line, fault) for file, line, fault in found])
        summary = summarise(cursor)
        keep_map = None
        if not is_dry_run:
            reporter.report("posting", rows, None)
            cursor.execute("select accounts.post_import()")
            keep_map = _write_map(cursor, map_path) if map_path else None
            cursor.execute(_CLEAR)
            connection.commit()
        else:
            connection.rollback()
    if keep_map:
        keep_map()
    reporter.report("done", rows, 1.0)
    return summary.timed(time.perf_counter() - started)


def _copy_files(cursor: psycopg.Cursor, files: list[CsvFile], reporter: Reporter) -> int:
    """How many rows of transactions there are. Raises HistoryRefused with what is wrong in all files."""
    faults: list[HistoryFault] = []

    def refuse(fault: HistoryFault) -> None:
        faults.append(fault)
        if len(faults) == FAULTS_MAX:
            raise HistoryRefused(faults)

    _copy(cursor, _COPY_ACCOUNTS, account_rows(files[0], refuse))
    count = 0
    for number, file in enumerate(files[1:], 1):
        numbered = ((number, *row) for row in transaction_rows(file, refuse))
        count += _copy(cursor, _COPY_ROWS, _reported(numbered, file, count, reporter))
    if faults:
        raise HistoryRefused(faults)
    return count


def _copy(cursor: psycopg.Cursor, statement: str, rows: Iterable[tuple[Any, ...]]) -> int:
    count = 0
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _reported(
    rows: Iterable[tuple[Any, ...]], file: CsvFile, before: int, reporter: Reporter
) -> Iterator[tuple[Any, ...]]:
    reported_at = float("-inf")
    for count, row in enumerate(rows, before):
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
