"""What is read of names, and the functions by which they change."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api.shared.database import AsyncConnection, Statement, text

NAME_ACCOUNT = text("select accounts.name_account(:user_id, :account_id, :nickname)")
KEEP_PAYEE = text("select accounts.keep_payee(:user_id, :number, :name, :most)")
_FORGET_PAYEE = text("select accounts.forget_payee(:user_id, :number)")
_PAYEES = text(
    "select number, name from accounts.payee where user_id = :user_id and number > :after"
    " order by number limit :limit"
)


async def change(connection: AsyncConnection, function: Statement, **values: Any) -> str:
    """What one of the first two functions gives: a code, `done` or why not."""
    code: str = await connection.value(function, values)
    return code


async def forget_payee(connection: AsyncConnection, user_id: UUID, number: str) -> None:
    """Repeating it changes nothing."""
    await connection.execute(_FORGET_PAYEE, {"user_id": user_id, "number": number})


async def payees(connection: AsyncConnection, user_id: UUID, *, after: str, limit: int) -> Sequence[Any]:
    """Rows (number, name), by number."""
    return await connection.rows(_PAYEES, {"user_id": user_id, "after": after, "limit": limit})
