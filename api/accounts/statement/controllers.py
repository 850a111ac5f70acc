"""An account's statement, as JSON or CSV."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.accounts.schemas import Transaction
from api.accounts.statement import parameters
from api.accounts.statement.csv_form import statement_csv
from api.accounts.statement.models import TimeRange
from api.accounts.statement.service import StatementService
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
        responses=problems(404, 409),
    )
    async def transactions(
        self,
        account_id: FromPath[UUID],
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        statement_service: NamedDependency[StatementService],
        start: parameters.From = None,
        end: parameters.To = None,
        direction: parameters.OnlyDirection = None,
        amount_min: parameters.AmountMin = None,
        amount_max: parameters.AmountMax = None,
        counterparty: parameters.Counterparty = None,
        text: parameters.Search = None,
        limit: Limit = 50,
        cursor: Cursor = None,
        format_: Format = None,
    ) -> Response[Page[Transaction]]:
        """The statement, newest first, of the time range [from, to), or those of its lines that all filters let
        through.

        One call looks at 10,000 lines for a filter: a page may then hold fewer than `limit`, or none, and still
        have a `next_cursor`, which goes on where it stopped.

        As CSV (`format=csv`, or by the Accept header) the next page is in the `Link` header. Amounts stand there
        in minor units and, as `…_major`, with the decimals of the currency; text that a spreadsheet would compute
        has an apostrophe before it.
        """
        range_ = TimeRange(*in_order(moment(start, "from"), moment(end, "to")))
        wanted = parameters.statement_filter(direction, amount_min, amount_max, counterparty, text)
        account, page = await statement_service.page(
            autocommit, principal, account_id, range_, wanted, limit, cursor
        )
        headers = {"Vary": "Accept", **next_link(request, page.next_cursor)}
        if not wants_csv(request, format_):
            return Response(page, headers=headers)
        csv: Any = statement_csv(page.items, account.currency)
        headers["Content-Disposition"] = f'attachment; filename="statement-{account_id}.csv"'
        return Response(csv, media_type=CSV, headers=headers)
