"""Reads what a page of figures is made from, for the accounts named or for all that the caller may read."""

from typing import Any
from uuid import UUID

from api.shared.database import AsyncConnection, text
from api.stats.models import FiguresQuery, FiguresSnapshot, Reader
from api.stats.repository import PUBLICATION, WANTED_ACCOUNTS, read, who

# All accounts that the reader may read, as far as one page can need: each of these has a figure in the time asked
# for, so there are no more of them than figures on the page. A reader's own are few, and all accounts are taken in
# the order of the key.
_HAS_FIGURES = """
    a.account_id >= :after_account
    and a.opened_at < p.complete_through
    and cast(a.opened_at at time zone p.time_zone as date) < cast(:end as date)
    and cast(least(a.closed_at, p.complete_through) at time zone p.time_zone as date)
        >= case when a.account_id = :after_account then cast(:resume as date) else cast(:first as date) end
order by a.account_id
limit :limit + 1"""
_OWN_ACCOUNTS = f"""
account as (
    select a.account_id, a.opened_at, a.closed_at
    from accounts.account_access own
    join stats.account a on a.account_id = own.account_id
    cross join publication p
    where own.user_id = :user_id and {_HAS_FIGURES}
)"""
_EVERY_ACCOUNT = f"""
account as (
    select a.account_id, a.opened_at, a.closed_at
    from stats.account a
    cross join publication p
    where {_HAS_FIGURES}
)"""

# `page` needs no more rows than there are figures on a page: each row is one of them, and in the same order.
_PAGE = """
asked as (
    select
        account_id,
        opened_at,
        closed_at,
        case when account_id = :after_account then cast(:resume as date) else cast(:first as date) end as first
    from account
    where account_id >= :after_account
),
page as (
    select ordered.account_id, s.period_start, s.metrics, s.basis
    from (select account_id, first from asked order by account_id) as ordered
    cross join lateral (
        select period_start, metrics, basis
        from stats.stats
        where account_id = ordered.account_id and type = :period and period_start between ordered.first and :last
        order by period_start
        limit :limit
    ) as s
    order by ordered.account_id, s.period_start
    limit :limit
),
started as (
    select account_id, opened_at, closed_at, coalesce((
        select cast(s.metrics ->> 'closing_balance' as bigint)
        from stats.stats s
        where s.account_id = asked.account_id and s.type = :period and s.period_start < asked.first
        order by s.period_start desc
        limit 1
    ), 0) as carried_balance
    from asked
)
select cast(json_build_object(
    'publication', (select to_json(p) from publication p),
    'readable', (select count(*) from account),
    'metrics', (
        select coalesce(json_agg(m order by m.position, m.name), '[]')
        from stats.metric m where :period = any(m.periods)
    ),
    'accounts', (select coalesce(json_agg(a order by a.account_id), '[]') from started a),
    'rows', (select coalesce(json_agg(r), '[]') from page r)
) as text)
"""
_FIGURES = text(f"with {PUBLICATION}, {WANTED_ACCOUNTS}, {_PAGE}")
_OWN_FIGURES = text(f"with {PUBLICATION}, {_OWN_ACCOUNTS}, {_PAGE}")
_EVERY_FIGURE = text(f"with {PUBLICATION}, {_EVERY_ACCOUNT}, {_PAGE}")


async def read_figures(connection: AsyncConnection, reader: Reader, query: FiguresQuery) -> FiguresSnapshot:
    """What one page of figures is made from; accounts that the reader may not read are not in it."""
    after_account = query.after[0] if query.after else UUID(int=0)
    parameters: dict[str, Any] = {
        "period": query.period.value,
        "first": query.first,
        "last": query.last,
        "limit": query.limit,
        "after_account": after_account,
        "resume": query.first_of(after_account),
    }
    if query.account_ids is not None:
        statement = _FIGURES
        parameters |= who(reader, query.account_ids)
    else:
        parameters["end"] = query.period.end(query.last)
        statement = _EVERY_FIGURE
        if not reader.reads_all:
            statement = _OWN_FIGURES
            parameters["user_id"] = reader.user_id
    snapshot = await read(connection, statement, FiguresSnapshot, parameters)
    assert snapshot is not None
    return snapshot
