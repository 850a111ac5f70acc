"""An account's statement, as JSON or CSV."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.accounts import parameters
from api.accounts.models import TimeRange
from api.accounts.schemas import Transaction
from api.accounts.service import AccountService
from api.accounts.statement_csv import statement_csv
from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.negotiation import CSV, Format, wants_csv
from api.shared.pages import Cursor, Limit, Page, next_link
from api.shared.problems import problems
from api.shared.ranges import in_order, moment


class StatementController(Controller):
    path = "/account"
    tags = ("account",)

    @get(
        "/{account_id:uuid}/transactions",
        operation_id="ListTransactions",
        opt={"csv": True},
        responses=problems(404),
    )
    async def transactions(
        self,
        account_id: FromPath[UUID],
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        account_service: NamedDependency[AccountService],
        start: parameters.From = None,
        end: parameters.To = None,
        limit: Limit = 50,
        cursor: Cursor = None,
        format_: Format = None,
    ) -> Response[Page[Transaction]]:
        """The statement, newest first, of the time range [from, to).

        As CSV (`format=csv`, or by the Accept header) the next page is in the `Link` header. Amounts stand there
        in minor units and, as `…_major`, with the decimals of the currency; text that a spreadsheet would compute
        has an apostrophe before it.
        """
        start_at, end_at = in_order(moment(start, "from"), moment(end, "to"))
        range_ = TimeRange(start_at, end_at)
        account, page = await account_service.statement(autocommit, principal, account_id, range_, limit, cursor)
        headers = {"Vary": "Accept", **next_link(request, page.next_cursor)}
        if not wants_csv(request, format_):
            return Response(page, headers=headers)
        text: Any = statement_csv(page.items, account.currency)
        headers["Content-Disposition"] = f'attachment; filename="statement-{account_id}.csv"'
        return Response(text, media_type=CSV, headers=headers)
