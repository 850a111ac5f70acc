"""Every statement that this service sends. Accounts change only through the database's own functions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from api.accounts.errors import NoAnswer
from api.accounts.models import IdempotencyKey, Mode, Movement, SearchQuery
from api.shared.database import AsyncConnection, AsyncEngine, Statement, text
from api.shared.errors import Unavailable
from api.shared.tokens import Claims

_ACCOUNT = (
    "a.id as account_id, a.number, a.type, a.currency, a.total, a.approved, a.overdraft_limit, a.opened_at,"
    " a.closed_at,"
    " (select count(*) from accounts.user_account j where j.account_id = a.id) > 1 as is_joint,"
    " coalesce((select y.nickname from accounts.user_account y where y.account_id = a.id"
    " and y.user_id = :reader_id), '') as nickname"
)
_POST = text(
    "select outcome, answer from accounts.post(:user_id, null, :key, :digest, :mode,"
    " cast(:sources as text[]), cast(:destinations as text[]), cast(:amounts as bigint[]),"
    " cast(:memos as text[]), :daily_limit, :session_id)"
)
_REVERSE = text("select outcome, answer from accounts.reverse(:user_id, :key, :digest, :transaction_id, :memo)")
_FORGET = text("select accounts.forget_requests()")
_OPEN = text("select code, account_id from accounts.open_account(:user_id, :type, :currency, :approved, :most)")
_IS_USER_APPROVED = text(
    "select exists (select from users.live_session where session_id = :session_id and user_approved)"
)
_GET = text(
    f"select {_ACCOUNT} from accounts.account a where a.id = :account_id and (:sees_all or exists (select"
    " from accounts.user_account o where o.account_id = a.id and o.user_id = :reader_id))"
)
_BALANCE_AT = text("select accounts.balance_at(:account_id, :moment)")
_OF_USER = text(
    f"select {_ACCOUNT} from accounts.user_account o join accounts.account a on a.id = o.account_id"
    " where o.user_id = :user_id and a.id > :after order by a.id limit :limit"
)
_OVERDRAFT_CHANGES = text("""
    select id, limit_before, limit_after, reason, changed_by, changed_at
    from accounts.overdraft_change
    where account_id = :account_id and (cast(:before as uuid) is null or id < :before)
    order by id desc
    limit :limit
""")
_HELD = text("""
    select a.id as account_id, a.number, a.currency, a.total
    from accounts.user_account o join accounts.account a on a.id = o.account_id
    where o.user_id = :user_id and a.total <> 0 and not exists (
        select from accounts.user_account x where x.account_id = a.id and x.user_id <> o.user_id
    )
    order by a.id
""")


async def post(
    engine: AsyncEngine,
    *,
    caller: Claims,
    key: IdempotencyKey | None,
    mode: Mode,
    movements: Sequence[Movement],
    daily_limit_minor: int,
) -> tuple[str, str]:
    """Posts, and asks whether the caller's session lives, in one round trip; see accounts.post for what it gives.

    Raises Unavailable when the session can't be asked for.
    """
    values = {
        "session_id": caller.session_id,
        "user_id": caller.user_id,
        "key": key.key if key else None,
        "digest": key.digest if key else None,
        "mode": mode.value,
        "sources": _array(movement.source for movement in movements),
        "destinations": _array(movement.destination for movement in movements),
        "amounts": _array(str(movement.amount_minor) for movement in movements),
        "memos": _array(movement.memo for movement in movements),
        "daily_limit": daily_limit_minor,
    }
    try:
        row = await engine.row(_POST, values)
    except psycopg.ProgrammingError as error:
        raise Unavailable() from error
    return _answer(row)


def _array(items: Iterable[str]) -> str:
    """An array as Postgres reads it: four of them written by psycopg are a quarter of the call's time."""
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"


async def reverse(
    connection: AsyncConnection, *, user_id: UUID, key: IdempotencyKey | None, transaction_id: UUID, memo: str
) -> tuple[str, str]:
    """As `post`, for a reversal."""
    values = {
        "user_id": user_id,
        "key": key.key if key else None,
        "digest": key.digest if key else None,
        "transaction_id": transaction_id,
        "memo": memo,
    }
    return _answer(await connection.row(_REVERSE, values))


async def forget_requests(engine: AsyncEngine) -> int:
    """Forgets some of the requests that are old enough, and gives their number."""
    row = await engine.row(_FORGET, {})
    return int(row[0]) if row else 0


def _answer(row: tuple[Any, ...] | None) -> tuple[str, str]:
    if row is None:
        raise NoAnswer()
    outcome, answer = row
    return outcome, answer


async def lock_user(connection: AsyncConnection, user_id: UUID) -> None:
    """Waits until no one else opens, approves or closes this user's accounts; held until the transaction ends."""
    await connection.execute(text("select accounts.lock_user(:user_id)"), {"user_id": user_id})


async def is_user_approved(connection: AsyncConnection, session_id: UUID) -> bool:
    """Whether the session's user is approved at this moment."""
    return bool(await connection.value(_IS_USER_APPROVED, {"session_id": session_id}))


async def open_account(
    connection: AsyncConnection, *, user_id: UUID, type_: str, currency: str, approved: bool, most: int
) -> tuple[str, UUID | None]:
    """A code (`done`, `user_leaving`, `too_many_accounts`) and the new account's id."""
    values = {"user_id": user_id, "type": type_, "currency": currency, "approved": approved, "most": most}
    row = await connection.row(_OPEN, values)
    return row.code, row.account_id


async def change(connection: AsyncConnection, function: Statement, **values: Any) -> Any:
    """What one of the functions below gives: a code, or a count."""
    return await connection.value(function, values)


CLOSE_ACCOUNT = text("select accounts.close_account(:user_id, :account_id)")
CLOSE_ACCOUNTS_OF = text("select accounts.close_accounts_of(:user_id)")
APPROVE_ACCOUNT = text("select accounts.approve_account(:account_id)")
APPROVE_ACCOUNTS_OF = text("select accounts.approve_accounts_of(:user_id)")
SET_OVERDRAFT_LIMIT = text("select accounts.set_overdraft_limit(:staff_id, :account_id, :limit, :reason)")


async def get(connection: AsyncConnection, account_id: UUID, *, reader_id: UUID, sees_all: bool) -> Any:
    """The account's row, or None when there is none that this user may see."""
    values = {"account_id": account_id, "reader_id": reader_id, "sees_all": sees_all}
    return await connection.row(_GET, values)


async def balance_at(connection: AsyncConnection, account_id: UUID, moment: datetime) -> int:
    """The balance once everything up to and including that moment had happened, minor units."""
    return await connection.value(_BALANCE_AT, {"account_id": account_id, "moment": moment})


async def of_user(
    connection: AsyncConnection, user_id: UUID, *, reader_id: UUID, after: UUID, limit: int
) -> Sequence[Any]:
    """The user's accounts, closed ones too, in order of opening, under the reader's names for them."""
    values = {"user_id": user_id, "reader_id": reader_id, "after": after, "limit": limit}
    return await connection.rows(_OF_USER, values)


async def held_by(connection: AsyncConnection, user_id: UUID) -> Sequence[Any]:
    """Accounts that belong to this user alone and are not at zero: (account_id, number, currency, total)."""
    return await connection.rows(_HELD, {"user_id": user_id})


async def overdraft_changes(
    connection: AsyncConnection, account_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Any]:
    """Changes of the account's overdraft limit, those older than `before`, newest first."""
    values = {"account_id": account_id, "before": before, "limit": limit}
    return await connection.rows(_OVERDRAFT_CHANGES, values)


async def search(connection: AsyncConnection, query: SearchQuery, *, reader_id: UUID) -> Sequence[Any]:
    """Accounts with their owners, by id."""
    conditions = ["a.id > :after"]
    if query.number is not None:
        conditions.append("a.number = :number")
    if query.user_id is not None:
        conditions.append("a.id in (select o.account_id from accounts.user_account o where o.user_id = :user_id)")
    if query.approved is True:
        conditions.append("a.approved")
    elif query.approved is False:
        conditions.append("not a.approved and a.closed_at is null")
    statement = text(
        f"select {_ACCOUNT}, array(select o.user_id from accounts.user_account o where o.account_id = a.id"
        f" order by o.added_at) as owners from accounts.account a where {' and '.join(conditions)}"
        " order by a.id limit :limit"
    )
    values = {
        "number": query.number,
        "user_id": query.user_id,
        "reader_id": reader_id,
        "after": query.after or UUID(int=0),
        "limit": query.limit,
    }
    return await connection.rows(statement, values)
