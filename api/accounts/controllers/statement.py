"""An account's statement, as JSON or CSV."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncConnection

from api.accounts import parameters
from api.accounts.schemas import Transaction
from api.accounts.service import AccountService
from api.accounts.statement_csv import statement_csv
from api.shared.auth import Principal
from api.shared.pages import Cursor, Limit, Page
from api.shared.problems import problems

CSV = "text/csv"


class StatementController(Controller):
    path = "/account"
    tags = ("account",)

    @get("/{account_id:uuid}/transactions", operation_id="ListTransactions", responses=problems(404))
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
        format_: parameters.Format = None,
    ) -> Response[Page[Transaction]]:
        """The statement, newest first, of the time range [from, to).

        As CSV (`format=csv`, or by the Accept header) the next page is in the `Link` header, and a memo that a
        spreadsheet would compute has an apostrophe before it.
        """
        range_ = parameters.time_range(start, end)
        page = await account_service.statement(autocommit, principal, account_id, range_, limit, cursor)
        headers = {"Vary": "Accept", **_link(request, page.next_cursor)}
        if not _wants_csv(request, format_):
            return Response(page, headers=headers)
        text: Any = statement_csv(page.items)
        headers["Content-Disposition"] = f'attachment; filename="statement-{account_id}.csv"'
        return Response(text, media_type=CSV, headers=headers)


def _wants_csv(request: Request[Any, Any, Any], format_: str | None) -> bool:
    if format_ is not None:
        return format_ == "csv"
    return request.accept.best_match([MediaType.JSON, CSV], default=MediaType.JSON) == CSV


def _link(request: Request[Any, Any, Any], next_cursor: str | None) -> dict[str, str]:
    if next_cursor is None:
        return {}
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return {"Link": f'<{request.url.path}?{urlencode([*asked, ("cursor", next_cursor)])}>; rel="next"'}
