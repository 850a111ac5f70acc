"""Read the marts, and hold them against the oracle."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from tests.oracle import (
    METRICS,
    Account,
    Metrics,
    PeriodStatistics,
    PeriodType,
    Transaction,
    account_statistics,
    bank_days,
)
from tests.warehouse.reader import completed

PERIODS: tuple[PeriodType, ...] = ("daily", "weekly", "monthly")
MARTS = ("stats_daily", "stats_weekly", "stats_monthly", "accounts", "bank_daily")


def rows(connection: psycopg.Connection, mart: str) -> list[dict[str, Any]]:
    """All rows of a mart."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"select * from marts.{mart}").fetchall()


def snapshot(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Every cell of every mart, without the batch that wrote it, in an order of its own."""
    return {mart: sorted(repr({**row, "batch_id": None}) for row in rows(connection, mart)) for mart in MARTS}


def differences(
    connection: psycopg.Connection,
    accounts: Iterable[Account],
    transactions: Iterable[Transaction],
    zone: ZoneInfo,
    complete_through: datetime,
) -> list[str]:
    """Where the rows of `accounts`, completed as a reader does, differ from the oracle; nothing when they agree.

    An account-period without a row must be idle, and a row must belong to a period of the account's life.
    """
    lives = {account.account_id: account for account in accounts}
    own: dict[UUID, list[Transaction]] = defaultdict(list)
    for transaction in transactions:
        own[transaction.account_id].append(transaction)
    found = []
    for period in PERIODS:
        stored = {
            (row["account_id"], row["period_start"]): row
            for row in rows(connection, f"stats_{period}")
            if row["account_id"] in lives
        }
        for account in lives.values():
            for expected in account_statistics(account, own[account.account_id], period, zone, complete_through):
                row = stored.pop((account.account_id, expected.period_start), None)
                if row is None and expected.metrics["transaction_count"]:
                    found.append(f"{period}: no row for {expected}")
                if row is not None:
                    found.extend(_wrong(row, expected, account, zone, complete_through))
        found.extend(f"{period}: a row too many, {row}" for row in stored.values())
    return found


def completed_rows(
    connection: psycopg.Connection,
    period: PeriodType,
    accounts: Iterable[Account],
    zone: ZoneInfo,
    complete_through: datetime,
) -> dict[tuple[UUID, date], tuple[date, Metrics]]:
    """(account, first day) → the first day after and all metrics as a reader sees them, for each row of a mart."""
    lives = {account.account_id: account for account in accounts}
    return {
        (row["account_id"], row["period_start"]): (
            row["period_end"],
            completed(
                row, {name: row[name] for name in METRICS}, lives[row["account_id"]], zone, complete_through
            ),
        )
        for row in rows(connection, f"stats_{period}")
    }


def _wrong(
    row: dict[str, Any],
    expected: PeriodStatistics,
    account: Account,
    zone: ZoneInfo,
    complete_through: datetime,
) -> Iterator[str]:
    metrics = completed(row, {name: row[name] for name in METRICS}, account, zone, complete_through)
    if metrics != expected.metrics or row["period_end"] != expected.period_end:
        wrong = {name: value for name, value in metrics.items() if value != expected.metrics[name]}
        yield f"{wrong} instead of {expected}"


def bank_differences(
    connection: psycopg.Connection,
    accounts: Iterable[Account],
    transactions: Iterable[Transaction],
    zone: ZoneInfo,
    complete_through: datetime,
) -> list[str]:
    """Where bank_daily differs from the oracle; nothing when they agree."""
    expected = bank_days(accounts, transactions, zone, complete_through)
    stored = {
        (row["date"], row["currency"]): {k: v for k, v in row.items() if k not in ("date", "currency", "batch_id")}
        for row in rows(connection, "bank_daily")
    }
    return [
        f"{key}: {stored.get(key)} instead of {expected.get(key)}"
        for key in sorted({*expected, *stored})
        if expected.get(key) != stored.get(key)
    ]
