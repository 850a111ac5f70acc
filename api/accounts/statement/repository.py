"""How lines of a statement are read."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api.accounts.statement.models import Filter, TimeRange
from api.shared.database import AsyncConnection, Statement, text

_WINDOW = """
    select coalesce(case when cast(:start as timestamptz) is null then 0
                         else accounts.entries_before(:account_id, :start) end, 0) as first,
           least(
               cast(:before as bigint) - 1,
               case when cast(:end as timestamptz) is null
                    then (select last_sequence from accounts.account where id = :account_id)
                    else accounts.entries_before(:account_id, :end) end) as last
"""


def _lines(found: str) -> Statement:
    """The statement's columns of the transactions that `found` selects.

    The page comes first and its transfers after, one by one (`offset 0`): whatever the planner believes about an
    account, a page costs as many rows as it shows.
    """
    return text(f"""
    select t.id, t.transfer_id, t.account_id, m.source, m.destination, t.amount, t.balance_after, t.sequence,
           t.at as time, m.memo, m.kind, n.number as counterparty_number, p.name as counterparty_name,
           o.id as reverses_id, o.at as reverses_time, r.id as reversed_by_id, r.at as reversed_by_time
    from ({found}) t
    cross join lateral (
        select id, kind, source, destination, memo, reverses from accounts.transfer
        where id = t.transfer_id offset 0
    ) m
    left join lateral (select id, at from accounts.transfer where id = m.reverses offset 0) o on true
    left join lateral (select id, at from accounts.transfer where reverses = m.id offset 0) r on true
    left join lateral (
        select case when not starts_with(t.counterparty, 'external:')
                    then (select number from accounts.account where id = t.counterparty::uuid)
               end as number
        offset 0
    ) n on true
    left join lateral (
        select name from accounts.payee where user_id = :user_id and number = n.number offset 0
    ) p on true
    order by t.sequence desc
    """)


STATEMENT = _lines("""
    select * from accounts.transaction
    where account_id = :account_id
      and sequence > case when cast(:start as timestamptz) is null then 0
                          else accounts.entries_before(:account_id, :start) end
      and sequence <= least(
            cast(:before as bigint) - 1,
            case when cast(:end as timestamptz) is null then 9223372036854775807
                 else accounts.entries_before(:account_id, :end) end)
    order by sequence desc
    limit :limit
""")
_CONDITIONS = {
    "amount_min": "abs(f.amount) >= :amount_min",
    "amount_max": "abs(f.amount) <= :amount_max",
    "counterparty": "f.counterparty = coalesce("
    "(select a.id::text from accounts.account a where a.number = :counterparty), :counterparty)",
    "text": """(
        exists (select from accounts.transfer m
                where m.id = f.transfer_id and position(lower(:text) in lower(m.memo)) > 0)
        or f.counterparty in (
            select a.id::text from accounts.payee p join accounts.account a on a.number = p.number
            where p.user_id = :user_id and position(lower(:text) in lower(p.name)) > 0)
        or f.counterparty = (select a.id::text from accounts.account a where a.number = :digits))""",
}
_DIRECTIONS = {"in": "f.amount > 0", "out": "f.amount < 0"}


async def window(connection: AsyncConnection, account_id: UUID, range_: TimeRange, before: int) -> tuple[int, int]:
    """The sequences (first, last] of the range that are below `before`."""
    values = {"account_id": account_id, "start": range_.start, "end": range_.end, "before": before}
    row = await connection.row(text(_WINDOW), values)
    return row.first, row.last


async def statement(
    connection: AsyncConnection, account_id: UUID, *, user_id: UUID, range_: TimeRange, before: int, limit: int
) -> Sequence[Any]:
    """The transactions of the range with a sequence below `before`, newest first, as `user_id` sees them."""
    values = {
        "account_id": account_id,
        "user_id": user_id,
        "start": range_.start,
        "end": range_.end,
        "before": before,
        "limit": limit,
    }
    return await connection.rows(STATEMENT, values)


async def filtered(
    connection: AsyncConnection,
    account_id: UUID,
    wanted: Filter,
    *,
    user_id: UUID,
    first: int,
    last: int,
    limit: int,
) -> Sequence[Any]:
    """The lines in (first, last] that the filter lets through, newest first; each is looked at once at most."""
    values = {name: value for name, value in vars(wanted).items() if value is not None}
    conditions = [_CONDITIONS[name] for name in values if name in _CONDITIONS]
    if wanted.direction is not None:
        conditions.append(_DIRECTIONS[wanted.direction])
    found = f"""
        select f.* from accounts.transaction f
        where f.account_id = :account_id and f.sequence > :first and f.sequence <= :last
          and {" and ".join(conditions)}
        order by f.sequence desc
        limit :limit
    """
    digits = re.sub(r"[\s.-]", "", wanted.text or "")
    place = {"account_id": account_id, "user_id": user_id, "first": first, "last": last, "limit": limit}
    return await connection.rows(_lines(found), values | place | {"digits": digits})
