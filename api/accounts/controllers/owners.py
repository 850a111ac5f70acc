"""Joint accounts. A change of owners acts at once, on transfers that wait for the account too."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.accounts.schemas import AddOwner, Owners
from api.accounts.service import AccountService
from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.problems import problems


class OwnerController(Controller):
    path = "/account/{account_id:uuid}/owner"
    tags = ("owners",)

    @get(operation_id="ListOwners", responses=problems(404))
    async def owners(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
    ) -> Owners:
        """Who owns the account, longest first."""
        return Owners(await account_service.owners(autocommit, principal, account_id))

    @post(operation_id="AddOwner", responses=problems(404, 409))
    async def add(
        self,
        account_id: FromPath[UUID],
        data: JSONBody[AddOwner],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
    ) -> Owners:
        """Share the account with another user, who may then do with it all that the caller may."""
        return Owners(await account_service.add_owner(autocommit, principal, account_id, data.user_id))

    @delete("/{user_id:uuid}", operation_id="RemoveOwner", responses=problems(404, 409))
    async def remove(
        self,
        account_id: FromPath[UUID],
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
    ) -> None:
        """Take an owner off the account, oneself included, but never the last."""
        await account_service.remove_owner(autocommit, principal, account_id, user_id)
