"""Joint accounts. A change of owners acts at once, on transfers that wait for the account too."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.accounts.owners.schemas import AddOwner, Owners, ReceivedInvitation
from api.accounts.owners.service import OwnerService
from api.accounts.schemas import Account
from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.pages import Cursor, Limit, Page
from api.shared.problems import problems


class OwnerController(Controller):
    path = "/account"
    tags = ("owners",)

    @get("/{account_id:uuid}/owner", operation_id="ListOwners", responses=problems(404))
    async def owners(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        owner_service: NamedDependency[OwnerService],
    ) -> Owners:
        """Who owns the account, longest first, and who is invited to."""
        return await owner_service.owners(autocommit, principal, account_id)

    @post("/{account_id:uuid}/owner", operation_id="AddOwner", responses=problems(403, 404, 409))
    async def add(
        self,
        account_id: FromPath[UUID],
        data: JSONBody[AddOwner],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        owner_service: NamedDependency[OwnerService],
    ) -> Owners:
        """Invite another user to own the account too: who accepts may do with it all that the caller may.

        An invitation stands for 14 days, unless who made it stops being an owner. For some weeks after
        a refusal the same owner can't repeat it (`invitation_refused`); after three, to whichever accounts, they
        can't invite that user at all. Staff add an owner at once, to any account, but not themselves.
        """
        return await owner_service.add(transaction, principal, account_id, data.user_id)

    @post(
        "/{account_id:uuid}/owner/accept",
        operation_id="AcceptInvitation",
        status_code=200,
        responses=problems(404, 409),
    )
    async def accept(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        owner_service: NamedDependency[OwnerService],
    ) -> Account:
        """Accept an invitation. May be repeated."""
        return await owner_service.accept(transaction, principal, account_id)

    @delete("/{account_id:uuid}/owner/{user_id:uuid}", operation_id="RemoveOwner", responses=problems(404, 409))
    async def remove(
        self,
        account_id: FromPath[UUID],
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        owner_service: NamedDependency[OwnerService],
    ) -> None:
        """Take an owner off the account, oneself included, but never the last; or an invitation: an owner of the
        account takes it back, who is invited refuses it."""
        await owner_service.remove(transaction, principal, account_id, user_id)

    @get("/invitation", operation_id="ListInvitations", responses=problems())
    async def received(
        self,
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        owner_service: NamedDependency[OwnerService],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[ReceivedInvitation]:
        """The accounts that the caller is invited to own."""
        return await owner_service.received(autocommit, principal, limit, cursor)
