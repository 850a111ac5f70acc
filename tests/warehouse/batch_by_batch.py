"""A history built batch by batch, and what it must equal: the oracle, DuckDB and a full rebuild."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import psycopg
from hypothesis import HealthCheck, Phase, settings

from tests.oracle import Account, PeriodType, Transaction
from tests.warehouse import duck
from tests.warehouse.dbt import Dbt
from tests.warehouse.histories import History
from tests.warehouse.marts import PERIODS, bank_differences, completed_rows, differences, snapshot
from tests.warehouse.raw import balances_after, write_batch

MARTS_ONLY = ("--select", "path:models/marts", "--exclude", "metric_catalog")


def duckdb_statistics(
    accounts: list[Account],
    transactions: list[Transaction],
    period: PeriodType,
    zone: ZoneInfo,
    complete_through: datetime,
) -> dict[Any, Any]:
    with duckdb.connect() as engine:
        duck.load_rows(engine, accounts, transactions)
        return duck.statistics(engine, period, zone.key, complete_through)


def built_batch_by_batch_is_right(history: History, warehouse: psycopg.Connection, dbt: Dbt) -> None:
    zone = history.zone
    warehouse.execute("drop schema if exists marts cascade")
    warehouse.execute("truncate raw.batch, raw.transaction, raw.account restart identity")
    balances = balances_after(t for life in history.lives for t in life.transactions)
    for batch, complete_through in enumerate(history.complete_through):
        batch_id = write_batch(warehouse, complete_through, *history.arriving(batch), balances)
        dbt("run", *(MARTS_ONLY if batch else ()), zone=zone.key, batch_id=batch_id)
        accounts, transactions = history.accounts_at(batch), history.transactions_at(batch)
        # An account whose earlier rows are still to come has no defined balance: it is compared at the end.
        unclear = {life.account.account_id for life in history.lives if not life.is_in_order}
        clear = [a for a in accounts if history.is_last(batch) or a.account_id not in unclear]
        assert differences(warehouse, clear, transactions, zone, complete_through) == []
        assert bank_differences(warehouse, accounts, transactions, zone, complete_through) == []
    for period in PERIODS:
        stored = completed_rows(warehouse, period, accounts, zone, complete_through)
        assert stored == duckdb_statistics(accounts, transactions, period, zone, complete_through)
    incremental = snapshot(warehouse)
    dbt("run", "--full-refresh", *MARTS_ONLY, zone=zone.key)
    assert snapshot(warehouse) == incremental


# Each example runs dbt several times: few examples with many accounts each, and no shrinking.
few = settings(deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
