"""What a day made anew does not touch, because nothing stands behind it: rows that should not be there at all."""

from datetime import date

from psycopg import sql

from api.shared.calendar import Period
from pipelines import database
from pipelines.database import Connection
from pipelines.figures import mart_of
from pipelines.proofs import calendar, damage
from pipelines.proofs.catalogue import PUBLISHED_ACCOUNTS, PUBLISHED_STATISTICS
from pipelines.proofs.damage import DAY, PERIOD, Damage
from pipelines.settings import Databases

_OF_NO_TRANSACTION = """
delete from {mart} as m
where m.period_start < {end} and m.period_end > {start} and not exists (
    select from raw.transaction as t
    where
        t.account_id = m.account_id
        and t.at >= pg_temp.day_start(m.period_start) and t.at < pg_temp.day_start(m.period_end)
)
"""
_DAYS = """
delete from marts.bank_daily as m
where m.date >= {start} and m.date < {end}
    and not exists (
        select from raw.transaction as t inner join raw.account as a on a.id = t.account_id
        where a.currency = m.currency
            and t.at >= pg_temp.day_start(m.date) and t.at < pg_temp.day_start(m.date + 1)
    )
    and not exists (
        select from raw.account as a
        where a.currency = m.currency
            and a.opened_at >= pg_temp.day_start(m.date) and a.opened_at < pg_temp.day_start(m.date + 1)
    )
"""


def remove(databases: Databases, time_zone: str, start: date, end: date) -> int:
    """Remove rows of the days [start, end) that nothing stands behind; how many.

    From the copy accounts that the ledger does not have; from the marts periods and days in which nothing
    happened; of what readers have only what a proof has found to be in no mart.
    """
    with (
        database.connect(databases.source_url) as source,
        database.connect(databases.warehouse_url) as warehouse,
        database.connect(databases.publish_url) as bank,
    ):
        known = damage.known(bank)
        with warehouse.transaction():
            calendar.provide(warehouse, time_zone)
            removed = _from_copy(source, warehouse, known)
            removed += _from_marts(warehouse, start, end)
        return removed + sum(_from_readers(bank, each) for each in known if each.expected is None)


def _from_copy(source: Connection, warehouse: Connection, known: list[Damage]) -> int:
    accounts = damage.accounts_of(known)
    rows = source.execute("select id from accounts.account where id = any (%s)", (accounts,)).fetchall()
    gone = [account for account in accounts if (account,) not in set(rows)]
    removed = warehouse.execute("delete from raw.transaction where account_id = any (%s)", (gone,)).rowcount
    return removed + warehouse.execute("delete from raw.account where id = any (%s)", (gone,)).rowcount


def _from_marts(warehouse: Connection, start: date, end: date) -> int:
    removed = warehouse.execute(sql.SQL(_DAYS).format(start=start, end=end)).rowcount
    for period in Period:
        mart = sql.Identifier("marts", mart_of(period))
        removed += warehouse.execute(sql.SQL(_OF_NO_TRANSACTION).format(mart=mart, start=start, end=end)).rowcount
    query = (
        "delete from marts.accounts as m where not exists (select from raw.account as a where a.id = m.account_id)"
    )
    return removed + warehouse.execute(query).rowcount


def _from_readers(bank: Connection, each: Damage) -> int:
    if each.proof == PUBLISHED_STATISTICS.name and (period := PERIOD.fullmatch(each.place)):
        query = "delete from stats.stats where account_id = %s and type = %s and period_start = %s"
        return bank.execute(query, (each.account, period[1], period[2])).rowcount
    if each.proof == PUBLISHED_ACCOUNTS.name:
        return bank.execute("delete from stats.account where account_id = %s", (each.account,)).rowcount
    if each.account is None and (day := DAY.fullmatch(each.place)) and each.proof.startswith("published_"):
        query = "delete from stats.bank_daily where date = %s and currency = %s"
        return bank.execute(query, (day[1], each.place.split()[-1])).rowcount
    return 0
