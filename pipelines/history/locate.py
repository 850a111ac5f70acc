"""Which days a failed proof's rows belong to: those that are to be made anew."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from psycopg import sql

from api.shared.calendar import Period
from pipelines import database
from pipelines.database import Connection, stream
from pipelines.extract.batch import newest_batch
from pipelines.extract.source import TRANSACTION_COLUMNS
from pipelines.proofs import calendar
from pipelines.proofs.damage import DAY, PERIOD, Damage, Failure, accounts_of
from pipelines.proofs.proof import MOST_FAILURES
from pipelines.settings import Databases

COPY = "copy"
# Proofs of the copy: what they find is compared with the ledger, row by row.
OF_THE_COPY = {"sequence", "balance_chain", "ledger_balance", "internal_transfers"}
UNITS = {"daily": "day", "weekly": "week", "monthly": "month"}
Days = tuple[date | None, date | None]
NO_DAY: Days = (None, None)

# The last transaction of the period brings the account's whole period along.
_IN_PERIOD = """
select pg_temp.day_of(at), pg_temp.day_of(at) from raw.transaction
where account_id = %s and at >= pg_temp.day_start(%s::date)
    and at < pg_temp.day_start((%s::date + %s::interval)::date)
order by sequence desc limit 1
"""
_BY_SEQUENCE = """
select min(pg_temp.day_of(at)), max(pg_temp.day_of(at)) from raw.transaction
where account_id = %s and sequence between %s and %s
"""
_BY_TRANSFER = """
select min(pg_temp.day_of(at)), max(pg_temp.day_of(at)) from raw.transaction
where account_id = %s and transfer_id = %s
"""
# An account's head comes with any of its days: with its last transaction, or the day of its opening. One that the
# ledger does not have goes with any day.
_OF_ACCOUNT = """
select pg_temp.day_of(at), pg_temp.day_of(at) from (
    (select at, 1 as rank from ledger_row where account_id = %(account)s order by sequence desc limit 1)
    union all
    (select opened_at, 2 from ledger_account where id = %(account)s)
    union all
    (select at, 3 from raw.transaction where account_id = %(account)s order by sequence desc limit 1)
    union all
    (select complete_through, 4 from raw.batch order by batch_id desc limit 1)
) as found order by rank limit 1
"""
_DIFFERENT = """
select
    coalesce(ledger.account_id, copied.account_id)::text,
    'transaction ' || coalesce(ledger.sequence, copied.sequence),
    ledger.said, copied.said,
    least(pg_temp.day_of(ledger.at), pg_temp.day_of(copied.at)),
    greatest(pg_temp.day_of(ledger.at), pg_temp.day_of(copied.at))
from (
    select *, row(id, transfer_id, counterparty, amount, balance_after, at)::text as said
    from ledger_row where account_id = any (%(accounts)s)
) as ledger
full join (
    select *, row(id, transfer_id, counterparty, amount, balance_after, at)::text as said
    from raw.transaction where account_id = any (%(accounts)s)
) as copied using (account_id, sequence)
where ledger.said is distinct from copied.said
order by 5, 1, 2
limit %(most)s
"""


def locate(databases: Databases, time_zone: str, failed: Sequence[tuple[str, Failure]]) -> list[Damage]:
    """What the proofs found, with its days, and each row in which the copy differs from the ledger."""
    damages = [
        Damage(name, row["account"], str(row["place"]), row["expected"], row["found"])
        for name, row in failed[:MOST_FAILURES]
    ]
    if not damages:
        return []
    with database.connect(databases.warehouse_url) as warehouse:
        warehouse.execute("begin isolation level repeatable read")
        calendar.provide(warehouse, time_zone)
        _bring_ledger(databases, warehouse, damages)
        found = list(_different_rows(warehouse, damages))
        # Those of one day first: what else is wrong with the account follows from them, where it holds such a day.
        for damage in sorted(damages, key=_is_wide):
            first, last = _days_known(damage, found) if _is_wide(damage) else NO_DAY
            if first is None:
                first, last = _days(warehouse, damage)
            found.append(replace(damage, first_day=first, last_day=last))
        warehouse.rollback()
    return found[:MOST_FAILURES]


def _is_wide(damage: Damage) -> bool:
    """Whether it is of a week, a month or all of an account, which any of its days brings along."""
    if damage.account is None or damage.place.isdecimal():
        return False
    if damage.place.startswith("transfer ") or damage.place.endswith(" rows"):
        return False
    period = PERIOD.fullmatch(damage.place)
    return period is None or period[1] != "daily"


def _days_known(damage: Damage, found: Sequence[Damage]) -> Days:
    """A day within it that is to be made anew already."""
    start, end = date.min, date.max
    if period := PERIOD.fullmatch(damage.place):
        start = date.fromisoformat(period[2])
        end = Period(period[1]).end(start)
    for other in found:
        if other.account == damage.account and other.first_day and start <= other.first_day < end:
            return other.first_day, other.first_day
    return NO_DAY


def _days(warehouse: Connection, damage: Damage) -> Days:
    def ask(query: str, *values: object) -> Days:
        row = warehouse.execute(query.encode(), values).fetchone()
        return (row[0], row[1]) if row else NO_DAY

    if damage.account is None:
        day = DAY.fullmatch(damage.place)
        return (date.fromisoformat(day[1]),) * 2 if day else NO_DAY
    period = PERIOD.fullmatch(damage.place)
    if period:
        start = date.fromisoformat(period[2])
        found = ask(_IN_PERIOD, damage.account, start, start, f"1 {UNITS[period[1]]}")
        return found if found[0] else (start, start)
    if damage.place.isdecimal():
        found = ask(_BY_SEQUENCE, damage.account, int(damage.place), int(damage.place))
    elif damage.place.startswith("transfer "):
        found = ask(_BY_TRANSFER, damage.account, damage.place.removeprefix("transfer "))
    elif damage.place.endswith(" rows"):
        first, last = (int(re.sub(r"\D", "", text or "") or 0) for text in (damage.found, damage.expected))
        found = ask(_BY_SEQUENCE, damage.account, first + 1, last)
    else:
        found = NO_DAY
    if found[0]:
        return found
    row = warehouse.execute(_OF_ACCOUNT, {"account": damage.account}).fetchone()
    return (row[0], row[1]) if row else NO_DAY


def _different_rows(warehouse: Connection, damages: Sequence[Damage]) -> Iterator[Damage]:
    accounts = accounts_of(damage for damage in damages if damage.proof in OF_THE_COPY)
    if accounts:
        for row in warehouse.execute(_DIFFERENT, {"accounts": accounts, "most": MOST_FAILURES}).fetchall():
            yield Damage(COPY, *row)


def _bring_ledger(databases: Databases, warehouse: Connection, damages: Sequence[Damage]) -> None:
    """Make temporary tables of what the ledger has, as of the copy, of the accounts."""
    warehouse.execute("create temporary table ledger_row (like raw.transaction) on commit drop")
    warehouse.execute("create temporary table ledger_account (id uuid, opened_at timestamptz) on commit drop")
    accounts = accounts_of(damages)
    batch = newest_batch(warehouse)
    columns = sql.SQL(", ").join(map(sql.Identifier, TRANSACTION_COLUMNS))
    with database.connect(databases.source_url) as source:
        stream(
            source,
            sql.SQL(
                "select {}, 0::bigint from accounts.transaction where account_id = any ({}) "
                "and (pg_visible_in_snapshot(xid, {}::pg_snapshot) or xid <= {}::text::xid8)"
            ).format(*(columns, accounts, batch.snapshot, batch.foreign_xid)),
            warehouse,
            sql.SQL("ledger_row ({}, batch_id)").format(columns),
        )
        query = sql.SQL("select id, opened_at from accounts.account where id = any ({})").format(accounts)
        stream(source, query, warehouse, sql.SQL("ledger_account"))
