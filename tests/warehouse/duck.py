"""The statistics as README defines them, calculated once more by DuckDB: another engine, another calendar, and SQL
that shares nothing with the models but the words of the definitions.

A balance is a stretch of time here: it stands from one transaction to the next, and what of a stretch lies within
a period weighs in that period's average. The balance at the end of a day is the one of the last stretch before it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.oracle import METRICS, Account, Metrics, PeriodType, Transaction

STEPS = {"daily": "day", "weekly": "week", "monthly": "month"}

# moves(account, sequence, posted, amount, other) and lives(account, opened_at, closed_at) are given.
STRETCHES = """
create or replace table stretches as
select account, sequence, posted, amount, other,
    cast(sum(amount) over life as bigint) as balance,
    coalesce(lead(posted) over life, 'infinity'::timestamptz) as until
from moves
where posted < $complete_through
window life as (partition by account order by sequence);

create or replace table days as
with calendar as (
    select cast(unnest(generate_series(
        (select least(min(posted), (select min(opened_at) from lives)) from stretches) - interval 40 days,
        greatest($complete_through, (select max(posted) from stretches)) + interval 40 days,
        interval 1 day
    )) as date) as day
)
select day, moment(day) as starts_at, moment(day + 1) as ends_at from calendar;
"""

# A day begins at midnight: at the first of two, unless both midnights are of the day before and of this one; or,
# where clocks jump over midnight, at the jump.
MOMENT = """create or replace macro moment(day) as least(
    timezone('{zone}', cast(day as timestamp)),
    timezone('{zone}', cast(day as timestamp) - interval 1 microsecond) + interval 1 microsecond
)"""

FIGURES = """
with periods as (
    select cast(date_trunc('{step}', day) as date) as period_start, min(starts_at) as starts_at,
        max(ends_at) as ends_at, cast(max(day) + 1 as date) as period_end
    from days group by 1
),
inside as (
    select stretches.*, period_start, period_end, periods.starts_at, periods.ends_at, day,
        balance - amount as before
    from stretches
        join periods on posted >= periods.starts_at and posted < periods.ends_at
        join days on posted >= days.starts_at and posted < days.ends_at
),
sums as (
    select account, period_start, any_value(period_end) as period_end,
        arg_min(before, sequence) as opening_balance,
        arg_max(balance, sequence) as closing_balance,
        sum(greatest(amount, 0)) as inflow,
        sum(greatest(-amount, 0)) as outflow,
        sum(amount) as net_change,
        count(*) as transaction_count,
        count_if(amount > 0) as inflow_count,
        count_if(amount < 0) as outflow_count,
        max(abs(amount)) as largest_transaction,
        max(case when amount > 0 then amount end) as largest_inflow,
        max(case when amount < 0 then -amount end) as largest_outflow,
        least(min(balance), arg_min(before, sequence)) as min_balance,
        greatest(max(balance), arg_min(before, sequence)) as max_balance,
        count(distinct day) as active_days,
        count(distinct other) as counterparty_count,
        greatest(any_value(starts_at), any_value(opened_at)) as open_from,
        least(any_value(ends_at), any_value(coalesce(closed_at, 'infinity')), $complete_through) as open_until
    from inside join lives using (account)
    group by account, period_start
),
weighed as (
    select account, period_start,
        sum(cast(balance as hugeint) * greatest(
            0, epoch_us(least(until, open_until)) - epoch_us(greatest(posted, open_from))
        )) as integral
    from sums join stretches using (account)
    where posted < open_until and until > open_from
    group by all
),
open_days as (
    select account, period_start, ends_at
    from sums join days on day >= period_start and day < period_end
    where greatest(starts_at, open_from) < least(ends_at, open_until)
),
ends_of_days as (
    select open_days.account, period_start, sum(coalesce(balance, 0)) as total, count(*) as number
    from open_days asof left join (select * from stretches where until > posted) as stretches
        on open_days.account = stretches.account and stretches.posted < open_days.ends_at
    group by all
)
select account, period_start, period_end, {plain},
    rounded(coalesce(integral, 0), epoch_us(open_until) - epoch_us(open_from)) as average_balance,
    rounded(total, number) as average_daily_balance
from sums left join weighed using (account, period_start) left join ends_of_days using (account, period_start)
"""

ROUNDED = """
create or replace macro rounded(total, parts) as case when parts > 0 then
    sign(total) * ((2 * abs(cast(total as hugeint)) + parts) // (2 * parts)) end
"""


def statistics(
    connection: duckdb.DuckDBPyConnection, period: PeriodType, zone: str, complete_through: datetime
) -> dict[tuple[Any, date], tuple[date, Metrics]]:
    """(account, first day) → the first day after the period and all metrics; for periods with a transaction."""
    moment = {"complete_through": complete_through}
    connection.execute(MOMENT.format(zone=zone))
    connection.execute(ROUNDED)
    for statement in STRETCHES.split(";\n\n"):
        connection.execute(statement, moment if "$" in statement else None)
    averages = ("average_balance", "average_daily_balance")
    plain = [name for name in METRICS if name not in averages]
    query = FIGURES.format(step=STEPS[period], zone=zone, plain=", ".join(plain))
    found: dict[tuple[Any, date], tuple[date, Metrics]] = {}
    for account, start, end, *values in connection.execute(query, moment).fetchall():
        metrics: dict[str, Any] = dict(zip((*plain, *averages), values, strict=True))
        found[account, start] = end, {name: _whole(metrics[name]) for name in METRICS}
    return found


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def load_csv(connection: duckdb.DuckDBPyConnection, accounts: Path, transactions: Path) -> None:
    """Read a bank's files as they are: transactions in the order of time, accounts called as they are there."""
    connection.execute(
        "create table lives as select account, opened_at::timestamptz as opened_at,"
        " null::timestamptz as closed_at from read_csv($file, all_varchar = true)",
        {"file": str(accounts)},
    )
    connection.execute(
        "create table lines as select account, time::timestamptz as posted, amount::bigint as amount,"
        " counterparty as other from read_csv($file, all_varchar = true)",
        {"file": str(transactions)},
    )
    connection.execute(
        "create table moves as select *, row_number() over (partition by account order by rowid) as sequence"
        " from lines"
    )


def load_rows(
    connection: duckdb.DuckDBPyConnection, accounts: Sequence[Account], transactions: Sequence[Transaction]
) -> None:
    """Take these accounts and their transactions instead of what was there."""
    connection.execute(
        "create or replace table lives (account uuid, opened_at timestamptz, closed_at timestamptz);"
        "create or replace table moves"
        " (account uuid, sequence bigint, posted timestamptz, amount bigint, other text)"
    )
    connection.executemany(
        "insert into lives values (?, ?, ?)", [(a.account_id, a.opened_at, a.closed_at) for a in accounts]
    )
    if transactions:
        connection.executemany(
            "insert into moves values (?, ?, ?, ?, ?)",
            [(t.account_id, t.sequence, t.at, t.amount, t.counterparty) for t in transactions],
        )
