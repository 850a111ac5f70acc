"""What staff do: find, approve, set an overdraft, reverse."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.accounts import parameters
from api.accounts.controllers.money import posting_of
from api.accounts.idempotency import Key, idempotency_key
from api.accounts.models import SearchQuery
from api.accounts.schemas import (
    Account,
    ApprovedAccounts,
    FoundAccount,
    OverdraftChange,
    PostedMovement,
    Reversal,
    SetOverdraft,
)
from api.accounts.service import AccountService
from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.pages import Cursor, Limit, Page
from api.shared.problems import problems
from api.shared.roles import Right


class StaffController(Controller):
    path = "/account"
    tags = ("staff",)

    @get(
        "/search",
        operation_id="SearchAccounts",
        opt={"right": Right.READ_ACCOUNTS},
        responses=problems(409),
    )
    async def search(
        self,
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
        number: parameters.Number = None,
        user_id: parameters.UserId = None,
        approved: parameters.Approved = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[FoundAccount]:
        """Accounts by number, owner or approval, oldest first."""
        query = SearchQuery(parameters.account_number(number), user_id, approved, limit=limit)
        return await account_service.search(autocommit, principal, query, cursor)

    @post(
        "/{account_id:uuid}/approve",
        operation_id="ApproveAccount",
        opt={"right": Right.ACT_ON_ACCOUNTS},
        status_code=200,
        responses=problems(404, 409),
    )
    async def approve(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
    ) -> Account:
        """Let an account move money, but not one of the caller's own. May be repeated."""
        return await account_service.approve(transaction, principal, account_id)

    @post(
        "/user/{user_id:uuid}/approve",
        operation_id="ApproveUserAccounts",
        opt={"right": Right.ACT_ON_ACCOUNTS},
        status_code=200,
        responses=problems(404, 409),
    )
    async def approve_all(
        self,
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
    ) -> ApprovedAccounts:
        """Let all open accounts of another user move money; how many could not before. May be repeated."""
        return ApprovedAccounts(await account_service.approve_all(transaction, principal, user_id))

    @put(
        "/{account_id:uuid}/overdraft",
        operation_id="SetOverdraft",
        opt={"right": Right.ACT_ON_ACCOUNTS},
        responses=problems(404, 409),
    )
    async def set_overdraft(
        self,
        account_id: FromPath[UUID],
        data: JSONBody[SetOverdraft],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
    ) -> Account:
        """Set how far an account may be overdrawn; who did, when and why is kept. May be repeated."""
        return await account_service.set_overdraft(transaction, principal, account_id, data)

    @get(
        "/{account_id:uuid}/overdraft",
        operation_id="ListOverdraftChanges",
        opt={"right": Right.READ_ACCOUNTS},
        responses=problems(404),
    )
    async def overdraft_changes(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[OverdraftChange]:
        """Who set the account's overdraft limit, newest first."""
        return await account_service.overdraft_changes(autocommit, principal, account_id, limit, cursor)

    @post(
        "/transaction/{transaction_id:uuid}/reverse",
        operation_id="ReverseTransaction",
        opt={"right": Right.ACT_ON_ACCOUNTS},
        responses=problems(404, 409, 422),
    )
    async def reverse(
        self,
        transaction_id: FromPath[UUID],
        request: Request[Principal, Any, Any],
        key: Key = None,
        data: JSONBody[Reversal | None] = None,
    ) -> PostedMovement:
        """Post the transaction's whole transfer the other way round, once. Not of the caller's own account."""
        reversal = data or Reversal()
        return await posting_of(request).reverse(
            request.user, transaction_id, reversal.memo, idempotency_key(request, key, reversal)
        )
