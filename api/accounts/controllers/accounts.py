"""Open, read and close accounts."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.accounts import parameters
from api.accounts.schemas import Account, CreateAccount
from api.accounts.service import AccountService
from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.pages import Cursor, Limit, Page
from api.shared.problems import problems
from api.shared.ranges import moment


class AccountController(Controller):
    path = "/account"
    tags = ("account",)

    @post("/create", operation_id="CreateAccount", responses=problems(409))
    async def create(
        self,
        data: JSONBody[CreateAccount],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
    ) -> Account:
        """Open an account. It can hold money once the user is approved."""
        return await account_service.open(transaction, principal, data)

    @get("/{account_id:uuid}", operation_id="GetAccount", responses=problems(404))
    async def get_account(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
        at: parameters.Moment = None,
    ) -> Account:
        """An account; `total` is its balance now, or at a moment in the past."""
        asked = moment(at, "at")
        if asked is None:
            return await account_service.get(autocommit, principal, account_id)
        return await account_service.get_at(autocommit, principal, account_id, asked)

    @delete("/{account_id:uuid}", operation_id="CloseAccount", responses=problems(404, 409))
    async def close(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
    ) -> None:
        """Close an account, whose balance must be zero. Its statement can still be read."""
        await account_service.close(transaction, principal, account_id)

    @get("/user/{user_id:uuid}", operation_id="ListUserAccounts", responses=problems(404))
    async def of_user(
        self,
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Page[Account]:
        """The accounts that a user has access to, oldest first; the caller's own, or for staff anyone's."""
        return await account_service.of_user(autocommit, principal, user_id, limit, cursor)

    @delete("/user/{user_id:uuid}", operation_id="CloseUserAccounts", responses=problems(404, 409))
    async def close_all(
        self,
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
    ) -> None:
        """Close all of the caller's accounts, or none if one holds money; shared ones stay with the others."""
        await account_service.close_all(transaction, principal, user_id)
