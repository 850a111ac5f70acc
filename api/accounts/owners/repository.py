"""What is read of owners and invitations, and the functions by which they change."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api.shared.database import AsyncConnection, Statement, text

INVITE = text("select accounts.invite_owner(:user_id, :account_id, :owner_id, :days, :refusal_days)")
ACCEPT = text("select accounts.accept_invitation(:user_id, :account_id, :most)")
ADD = text("select accounts.add_owner(:account_id, :owner_id)")
REMOVE = text("select accounts.remove_owner(:user_id, :account_id, :owner_id)")
_ABANDONED = text("select count(*) from accounts.abandoned()")
_OWNERS = text(
    "select user_id, added_at from accounts.user_account where account_id = :account_id order by added_at, user_id"
)
_INVITATIONS = text(
    "select i.user_id, i.invited_by, i.invited_at, i.expires_at"
    " from accounts.invitation i join accounts.account a on a.id = i.account_id"
    " where i.account_id = :account_id and i.expires_at > now() and a.closed_at is null"
    " order by i.invited_at, i.user_id"
)
_RECEIVED = text("""
    select a.id as account_id, a.number, a.type, a.currency, i.invited_by, i.invited_at, i.expires_at
    from accounts.invitation i join accounts.account a on a.id = i.account_id
    where i.user_id = :user_id and i.expires_at > now() and a.closed_at is null and a.id > :after
    order by a.id limit :limit
""")


async def owners(connection: AsyncConnection, account_id: UUID) -> Sequence[Any]:
    """Rows (user_id, added_at)."""
    return await connection.rows(_OWNERS, {"account_id": account_id})


async def invitations(connection: AsyncConnection, account_id: UUID) -> Sequence[Any]:
    """Rows (user_id, invited_by, invited_at, expires_at) of those that still stand."""
    return await connection.rows(_INVITATIONS, {"account_id": account_id})


async def received(connection: AsyncConnection, user_id: UUID, *, after: UUID, limit: int) -> Sequence[Any]:
    """The invitations that a user may accept, with their accounts, by account id."""
    values = {"user_id": user_id, "after": after, "limit": limit}
    return await connection.rows(_RECEIVED, values)


async def count_abandoned(connection: AsyncConnection) -> int:
    """How many accounts hold money of which no owner is a user."""
    return int(await connection.value(_ABANDONED))


async def change(connection: AsyncConnection, function: Statement, **values: Any) -> str:
    """What one of the functions above gives: a code, `done` or why not."""
    code: str = await connection.value(function, values)
    return code
