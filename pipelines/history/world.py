"""The warehouse as a proof of a part of history sees it: temporary tables that hold the part's rows and no other.

So the proofs' own queries say the same of a part as they say of everything.
"""

import re
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from pipelines.database import Connection, stream
from pipelines.history.part import Accounts, Part
from pipelines.proofs import calendar
from pipelines.proofs.proof import Scope

# Table → its column with the account's id, or with the time or date.
OF_ACCOUNTS = {
    "raw.transaction": "account_id",
    "raw.account": "id",
    "marts.stats_daily": "account_id",
    "marts.stats_weekly": "account_id",
    "marts.stats_monthly": "account_id",
    "marts.accounts": "account_id",
}
OF_DAYS = {"raw.transaction": "at", "marts.bank_daily": "date"}
READERS = """
create temporary table reader_stats (
    account_id uuid, type text, period_start date, period_end date, metrics jsonb, basis jsonb
) on commit delete rows;
create temporary table reader_account (
    account_id uuid, type text, currency text, opened_at timestamptz, closed_at timestamptz
) on commit delete rows;
create temporary table reader_bank_daily (date date, currency text, metrics jsonb) on commit delete rows;
"""


def prepare(warehouse: Connection, time_zone: str) -> None:
    """Make a connection ready: empty tables, the proofs' calendar, values in the text for the planner to see."""
    warehouse.cursor_factory = psycopg.ClientCursor
    warehouse.execute("set client_min_messages = warning")
    calendar.provide(warehouse, time_zone)
    for table in {**OF_ACCOUNTS, **OF_DAYS}:
        warehouse.execute(
            sql.SQL("create temporary table {} (like {} including indexes) on commit delete rows").format(
                _temporary(table), _name(table)
            )
        )
    warehouse.execute(READERS)


def fill(warehouse: Connection, bank: Connection, part: Part, scope: Scope) -> None:
    """Bring the part's rows, of the warehouse and of what readers have, within the transaction."""
    if isinstance(part, Accounts):
        for table, column in OF_ACCOUNTS.items():
            _copy(warehouse, table, part.where(column))
        where = part.where("account_id")
        columns = "account_id, type, period_start, period_end, metrics, basis"
        _bring(bank, warehouse, f"select {columns} from stats.stats where ", where, "reader_stats")
        columns = "account_id, type, currency, opened_at, closed_at"
        _bring(bank, warehouse, f"select {columns} from stats.account where ", where, "reader_account")
    else:
        start, end = part.bounds(ZoneInfo(scope.time_zone), scope.complete_through)
        _copy(warehouse, "raw.transaction", sql.SQL("at >= {} and at < {}").format(start, end))
        where = part.where_date("date")
        _copy(warehouse, "marts.bank_daily", where)
        _bring(
            bank,
            warehouse,
            "select date, currency, metrics from stats.bank_daily where ",
            where,
            "reader_bank_daily",
        )


def inside(part: Part, query: str) -> str:
    """A query over the part's rows instead of all; so too where dbt wrote the names."""
    for table in OF_ACCOUNTS if isinstance(part, Accounts) else OF_DAYS:
        schema, name = table.split(".")
        here = f"pg_temp.{schema}_{name}"
        query = re.sub(rf"\b{schema}\.{name}\b", here, query)
        query = re.sub(rf'"[^"]+"\."{schema}"\."{name}"', here, query)
    return query


def _copy(warehouse: Connection, table: str, where: sql.Composable) -> None:
    here = _temporary(table)
    warehouse.execute(sql.SQL("insert into {} select * from {} where {}").format(here, _name(table), where))
    warehouse.execute(sql.SQL("analyze {}").format(here))


def _bring(bank: Connection, warehouse: Connection, query: str, where: sql.Composable, table: str) -> None:
    stream(bank, sql.SQL(query) + where, warehouse, sql.Identifier("pg_temp", table))
    warehouse.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def _temporary(table: str) -> sql.Identifier:
    return sql.Identifier("pg_temp", table.replace(".", "_"))
