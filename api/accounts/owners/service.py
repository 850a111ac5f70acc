"""Joint accounts: invited, accepted, refused, taken back, left."""

import logging
from typing import Any
from uuid import UUID

from api.accounts.errors import refusal
from api.accounts.owners import repository
from api.accounts.owners.schemas import Invitation, Owner, Owners, ReceivedInvitation
from api.accounts.schemas import Account
from api.accounts.service import AccountService
from api.accounts.settings import AccountsSettings
from api.shared.auth import Principal
from api.shared.database import AsyncConnection, AsyncEngine, Statement
from api.shared.errors import Forbidden
from api.shared.pages import Page, decode_cursor, page_of
from api.shared.roles import Right

INVITATION_DAYS = 14

logger = logging.getLogger(__name__)


class OwnerService:
    """What is not the caller's is NotFound, as if it did not exist; staff see every account."""

    def __init__(self, settings: AccountsSettings, accounts: AccountService) -> None:
        self._open_accounts_max = settings.open_accounts_max
        self._refusal_days = settings.invitation_refusal_days
        self._accounts = accounts

    async def owners(self, connection: AsyncConnection, principal: Principal, account_id: UUID) -> Owners:
        """Who owns the account, and who is invited to."""
        account = await self._accounts.get(connection, principal, account_id)
        owners = await repository.owners(connection, account.account_id)
        invitations = await repository.invitations(connection, account.account_id)
        return Owners(
            [Owner(**row._asdict()) for row in owners],
            [Invitation(**row._asdict()) for row in invitations],
        )

    async def add(
        self, connection: AsyncConnection, principal: Principal, account_id: UUID, owner_id: UUID
    ) -> Owners:
        """Invites a user to own the caller's account too; staff add one at once, to any account.

        Raises NotFound, Forbidden for staff who would add themselves, and Conflict: `user_not_approved` (who
        invites), `account_closed`, `too_many_owners`, `too_many_invitations`, `invitation_refused`.
        """
        if principal.may(Right.ACT_ON_ACCOUNTS):
            if owner_id == principal.user_id:
                raise Forbidden("Nobody adds themselves. Ask a colleague.")
            await self._change(connection, repository.ADD, account_id=account_id, owner_id=owner_id)
        else:
            await self._accounts.get(connection, principal, account_id)
            if not principal.user_approved:
                raise refusal("user_not_approved")
            await self._change(
                connection,
                repository.INVITE,
                user_id=principal.user_id,
                account_id=account_id,
                owner_id=owner_id,
                days=INVITATION_DAYS,
                refusal_days=self._refusal_days,
            )
        return await self.owners(connection, principal, account_id)

    async def received(
        self, connection: AsyncConnection, principal: Principal, limit: int, cursor: str | None
    ) -> Page[ReceivedInvitation]:
        """The caller's own invitations."""
        (after,) = decode_cursor(cursor, tuple[UUID]) or (UUID(int=0),)
        rows = await repository.received(connection, principal.user_id, after=after, limit=limit + 1)
        items = [ReceivedInvitation(**row._asdict()) for row in rows]
        return page_of(items, limit, lambda item: (item.account_id,))

    async def accept(self, connection: AsyncConnection, principal: Principal, account_id: UUID) -> Account:
        """The account, which the caller owns too from now on. Repeating it changes nothing.

        Raises NotFound, and Conflict: `user_not_approved`, `account_closed`, `too_many_accounts`.
        """
        if not principal.user_approved:
            raise refusal("user_not_approved")
        await self._change(
            connection,
            repository.ACCEPT,
            user_id=principal.user_id,
            account_id=account_id,
            most=self._open_accounts_max,
        )
        return await self._accounts.get(connection, principal, account_id)

    async def remove(
        self, connection: AsyncConnection, principal: Principal, account_id: UUID, owner_id: UUID
    ) -> None:
        """Takes an owner or an invitation off, at once; raises Conflict for the last owner."""
        await self._change(
            connection,
            repository.REMOVE,
            user_id=principal.user_id,
            account_id=account_id,
            owner_id=owner_id,
        )

    async def look_for_abandoned(self, engine: AsyncEngine) -> None:
        """Logs an error while there is money of which no owner is a user; `ledger verify` names the account."""
        async with engine.connect() as connection:
            found = await repository.count_abandoned(connection)
        if found:
            logger.error("accounts hold money and have no owner: %d", found)

    @staticmethod
    async def _change(connection: AsyncConnection, function: Statement, **values: Any) -> None:
        code = await repository.change(connection, function, **values)
        if code != "done":
            raise refusal(code)
