"""Accounts: opened, read, approved, closed."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import msgspec

from api.accounts import repository
from api.accounts.currencies import currencies, in_major
from api.accounts.errors import refusal
from api.accounts.models import SearchQuery
from api.accounts.schemas import (
    TRANSFERS_MAX,
    Account,
    AccountType,
    CreateAccount,
    Currencies,
    FoundAccount,
    HeldAccount,
    OfferedCurrency,
    OverdraftChange,
    SetOverdraft,
)
from api.accounts.settings import AccountsSettings
from api.accounts.users_client import UsersClient
from api.shared.auth import Principal
from api.shared.database import AsyncConnection, Statement
from api.shared.errors import Conflict, NotFound, Unauthenticated, ValueRefused
from api.shared.fields import AMOUNT_MAX_MINOR, AMOUNT_MIN_MINOR, MEMO_MAX_CHARACTERS
from api.shared.pages import Page, decode_cursor, page_of
from api.shared.roles import Right


class AccountService:
    """What is not the caller's is NotFound, as if it did not exist; staff see every account."""

    def __init__(self, settings: AccountsSettings, users: UsersClient) -> None:
        self._currencies = tuple(settings.currencies.split(","))
        self._open_accounts_max = settings.open_accounts_max
        self._users = users

    def currencies(self) -> Currencies:
        """What accounts can be in, those on offer first, in the order of the setting; and the limits of calls."""
        known = sorted(currencies().values(), key=lambda currency: self._rank(currency.code))
        return Currencies(
            items=[
                OfferedCurrency(c.code, c.name, c.minor_units, c.is_active, c.code in self._currencies)
                for c in known
            ],
            account_types=list(get_args(AccountType)),
            amount_min_minor=AMOUNT_MIN_MINOR,
            amount_max_minor=AMOUNT_MAX_MINOR,
            memo_max_characters=MEMO_MAX_CHARACTERS,
            transfers_max=TRANSFERS_MAX,
        )

    async def open(self, transaction: AsyncConnection, principal: Principal, wanted: CreateAccount) -> Account:
        """A new account of the caller, approved if they are. Raises Conflict at the limit of open accounts."""
        if wanted.currency not in self._currencies:
            raise ValueRefused("currency", f"must be one of {', '.join(self._currencies)}")
        approved = await self._ask_users(principal)
        # An approval that arrives between the question above and the lock finds no account to approve: look again.
        await repository.lock_user(transaction, principal.user_id)
        approved = approved or await repository.is_user_approved(transaction, principal.session_id)
        code, account_id = await repository.open_account(
            transaction,
            user_id=principal.user_id,
            type_=wanted.type,
            currency=wanted.currency,
            approved=approved,
            most=self._open_accounts_max,
        )
        if account_id is None:
            raise refusal(code)
        return await self.get(transaction, principal, account_id)

    async def get(self, connection: AsyncConnection, principal: Principal, account_id: UUID) -> Account:
        """One account as it is now."""
        row = await repository.get(
            connection, account_id, reader_id=principal.user_id, sees_all=_sees_all(principal)
        )
        if row is None:
            raise NotFound()
        return _account(row)

    async def get_at(
        self, connection: AsyncConnection, principal: Principal, account_id: UUID, moment: datetime
    ) -> Account:
        """One account with the balance it had once everything up to and including that moment had happened."""
        account = await self.get(connection, principal, account_id)
        return msgspec.structs.replace(account, total=await repository.balance_at(connection, account_id, moment))

    async def of_user(
        self, connection: AsyncConnection, principal: Principal, user_id: UUID, limit: int, cursor: str | None
    ) -> Page[Account]:
        """The accounts that a user has access to, closed ones too, in order of opening: one's own, or staff's."""
        if user_id != principal.user_id and not _sees_all(principal):
            raise NotFound()
        (after,) = decode_cursor(cursor, tuple[UUID]) or (UUID(int=0),)
        rows = await repository.of_user(
            connection, user_id, reader_id=principal.user_id, after=after, limit=limit + 1
        )
        return page_of([_account(row) for row in rows], limit, _key)

    async def search(
        self, connection: AsyncConnection, principal: Principal, query: SearchQuery, cursor: str | None
    ) -> Page[FoundAccount]:
        """For staff: accounts with their owners, by id."""
        (after,) = decode_cursor(cursor, tuple[UUID]) or (None,)
        rows = await repository.search(
            connection,
            SearchQuery(query.number, query.user_id, query.approved, after, query.limit + 1),
            reader_id=principal.user_id,
        )
        accounts = [FoundAccount(**row._asdict()) for row in rows]
        return page_of(accounts, query.limit, _key)

    async def close(self, connection: AsyncConnection, principal: Principal, account_id: UUID) -> None:
        """Closes an account of the caller. Raises Conflict unless its balance is zero."""
        await self._ask_users(principal)
        await self._change(connection, repository.CLOSE_ACCOUNT, user_id=principal.user_id, account_id=account_id)

    async def close_all(self, connection: AsyncConnection, principal: Principal, user_id: UUID) -> None:
        """Closes all accounts of the caller, or none; those they share stay with the other owners."""
        if user_id != principal.user_id:
            raise NotFound()
        try:
            await self._change(connection, repository.CLOSE_ACCOUNTS_OF, user_id=user_id)
        except Conflict as error:
            rows = await repository.held_by(connection, user_id)
            held = [HeldAccount(**row._asdict()) for row in rows]
            named = ", ".join(f"{a.number} ({in_major(a.total, a.currency)})" for a in held)
            if error.code != "balance_not_zero" or not held:
                raise
            detail = f"Only accounts whose balance is zero can be closed. These have another: {named}."
            raise Conflict(detail, code=error.code, items=held) from error

    async def approve(self, connection: AsyncConnection, principal: Principal, account_id: UUID) -> Account:
        """Staff: the account may move money. Repeating it changes nothing. Raises NotFound and Conflict."""
        if await repository.get(connection, account_id, reader_id=principal.user_id, sees_all=False):
            raise refusal("own_account")
        await self._change(connection, repository.APPROVE_ACCOUNT, account_id=account_id)
        return await self.get(connection, principal, account_id)

    async def approve_all(self, connection: AsyncConnection, principal: Principal, user_id: UUID) -> int:
        """Staff: all open accounts of another user; how many were not approved before. Raises NotFound for no
        user, and Conflict: `own_account`."""
        if user_id == principal.user_id:
            raise refusal("own_account")
        approved = await repository.change(connection, repository.APPROVE_ACCOUNTS_OF, user_id=user_id)
        if approved is None:
            raise NotFound()
        return approved

    async def set_overdraft(
        self, connection: AsyncConnection, principal: Principal, account_id: UUID, wanted: SetOverdraft
    ) -> Account:
        """Staff: how far the account may be overdrawn; recorded. Raises NotFound, ValueRefused, and Conflict where
        more is owed."""
        reason = wanted.reason.strip()
        if not reason:
            raise ValueRefused("reason", "must not be empty")
        await self._change(
            connection,
            repository.SET_OVERDRAFT_LIMIT,
            staff_id=principal.user_id,
            account_id=account_id,
            limit=wanted.overdraft_limit,
            reason=reason,
        )
        return await self.get(connection, principal, account_id)

    async def overdraft_changes(
        self, connection: AsyncConnection, principal: Principal, account_id: UUID, limit: int, cursor: str | None
    ) -> Page[OverdraftChange]:
        """Staff: who set the account's limit, newest first. Raises NotFound."""
        await self.get(connection, principal, account_id)
        (before,) = decode_cursor(cursor, tuple[UUID]) or (None,)
        rows = await repository.overdraft_changes(connection, account_id, before=before, limit=limit + 1)
        return page_of([OverdraftChange(**row._asdict()) for row in rows], limit, lambda change: (change.id,))

    def _rank(self, code: str) -> int:
        return self._currencies.index(code) if code in self._currencies else len(self._currencies)

    async def _ask_users(self, principal: Principal) -> bool:
        me = await self._users.me(principal.token)
        if me.user_id != principal.user_id:
            raise Unauthenticated()
        return me.approved

    @staticmethod
    async def _change(connection: AsyncConnection, function: Statement, **values: Any) -> None:
        code = await repository.change(connection, function, **values)
        if code != "done":
            raise refusal(code)


def _sees_all(principal: Principal) -> bool:
    return principal.may(Right.READ_ACCOUNTS)


def _account(row: Any) -> Account:
    return Account(**row._asdict())


def _key(account: Account) -> tuple[UUID]:
    return (account.account_id,)
