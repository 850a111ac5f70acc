"""Names that the caller gives to accounts, for their own eyes."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter

from api.accounts.names.schemas import NameAccount, Payee
from api.accounts.names.service import NameService
from api.accounts.numbers import NUMBER_DIGITS
from api.accounts.schemas import Account
from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.pages import Cursor, Limit, Page
from api.shared.problems import problems

PayeeNumber = Annotated[str, PathParameter(pattern=f"^{NUMBER_DIGITS}$", description="An account number.")]


class NameController(Controller):
    path = "/account"
    tags = ("names",)

    @put("/{account_id:uuid}/nickname", operation_id="NameAccount", responses=problems(404))
    async def name_account(
        self,
        account_id: FromPath[UUID],
        data: JSONBody[NameAccount],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        name_service: NamedDependency[NameService],
    ) -> Account:
        """Give an account of the caller a name, which no other owner sees."""
        return await name_service.name_account(transaction, principal, account_id, data.nickname)

    @get("/payee", operation_id="ListPayees", responses=problems(409))
    async def payees(
        self,
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        name_service: NamedDependency[NameService],
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Page[Payee]:
        """Whom the caller pays, by the names that the caller gave them."""
        return await name_service.payees(autocommit, principal, limit, cursor)

    @put("/payee", operation_id="KeepPayee", responses=problems(409))
    async def keep(
        self,
        data: JSONBody[Payee],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        name_service: NamedDependency[NameService],
    ) -> Payee:
        """Keep a name for an account number. It stands in the caller's statements from then on, and nowhere else:
        whose the account is, and whether there is one, is not told."""
        return await name_service.keep_payee(transaction, principal, data)

    @delete("/payee/{number:str}", operation_id="ForgetPayee", responses=problems())
    async def forget(
        self,
        number: PayeeNumber,
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        name_service: NamedDependency[NameService],
    ) -> None:
        """Forget the name kept for an account number. May be repeated."""
        await name_service.forget_payee(transaction, principal, number)
