"""A user names accounts: their own, and those whom they pay."""

from typing import Any
from uuid import UUID

from api.accounts.errors import refusal
from api.accounts.names import repository
from api.accounts.names.schemas import Number, Payee
from api.accounts.numbers import is_account_number
from api.accounts.schemas import Account
from api.accounts.service import AccountService
from api.shared.auth import Principal
from api.shared.database import AsyncConnection, Statement
from api.shared.errors import ValueRefused
from api.shared.pages import Page, decode_cursor, page_of

PAYEES_MAX = 500


class NameService:
    """What is not the caller's is NotFound, as if it did not exist."""

    def __init__(self, accounts: AccountService) -> None:
        self._accounts = accounts

    async def name_account(
        self, connection: AsyncConnection, principal: Principal, account_id: UUID, nickname: str
    ) -> Account:
        """The account, under the caller's own name for it."""
        await self._change(
            connection,
            repository.NAME_ACCOUNT,
            user_id=principal.user_id,
            account_id=account_id,
            nickname=nickname.strip(),
        )
        return await self._accounts.get(connection, principal, account_id)

    async def keep_payee(self, connection: AsyncConnection, principal: Principal, payee: Payee) -> Payee:
        """The payee as kept. Whether there is such an account is not told.

        Raises ValueRefused, and Conflict: `too_many_payees`, `user_leaving`.
        """
        name = payee.name.strip()
        if not is_account_number(payee.number):
            raise ValueRefused("number", "is not a valid account number")
        if not name:
            raise ValueRefused("name", "must not be empty")
        await self._change(
            connection,
            repository.KEEP_PAYEE,
            user_id=principal.user_id,
            number=payee.number,
            name=name,
            most=PAYEES_MAX,
        )
        return Payee(payee.number, name)

    async def forget_payee(self, connection: AsyncConnection, principal: Principal, number: str) -> None:
        """Repeating it changes nothing."""
        await repository.forget_payee(connection, principal.user_id, number)

    async def payees(
        self, connection: AsyncConnection, principal: Principal, limit: int, cursor: str | None
    ) -> Page[Payee]:
        """Whom the caller keeps a name for, by number."""
        (after,) = decode_cursor(cursor, tuple[Number]) or ("",)
        rows = await repository.payees(connection, principal.user_id, after=after, limit=limit + 1)
        return page_of([Payee(**row._asdict()) for row in rows], limit, lambda payee: (payee.number,))

    @staticmethod
    async def _change(connection: AsyncConnection, function: Statement, **values: Any) -> None:
        code = await repository.change(connection, function, **values)
        if code != "done":
            raise refusal(code)
