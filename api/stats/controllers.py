"""The calls under `/stats`."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery

from api.shared.auth import PEOPLE_AND_PROGRAMS, Principal
from api.shared.database import AsyncConnection
from api.shared.negotiation import Format, wants_csv
from api.shared.pages import Cursor, Limit, Page, next_link
from api.shared.problems import problems
from api.shared.roles import Right
from api.stats import parameters, service
from api.stats.answers import answer, figures_csv, publication_headers
from api.stats.models import ListedAccount, Reader
from api.stats.schemas import BankDays, Catalogue, Figures, Pipeline, StatsStatus, Transactions

DEFAULT_LIMIT = 100
NOT_MODIFIED = {304: ResponseSpec(None, description="Nothing has changed since the answer with this entity tag.")}

FIGURES_DESCRIPTION = """
The statistics of one, several or all accounts that the caller may read, by day, ISO week or month: by account,
oldest period first, idle periods included, from the account's opening to its closing or `complete_through`.

Each page is of one publication, named by `run_id`. A cursor goes on after the last figure of its page, as of the
newest publication: no period comes twice or is left out, and final figures are the same in all. If `run_id` is not
that of the page before, figures that were provisional there may have moved on.

As CSV (`format=csv`, or by the Accept header) the next page is in the `Link` header. Accounts that are not the
caller's are 404, except to staff and analysts.
"""


def reader(principal: Principal) -> Reader:
    """The caller, as far as statistics are concerned."""
    return Reader(
        user_id=principal.user_id,
        reads_all=principal.may(Right.READ_STATISTICS),
        is_person=principal.scope == "bank",
    )


class StatsController(Controller):
    """Published statistics; every answer has an entity tag, and every page is of one publication."""

    path = "/stats"
    tags = ["stats"]  # noqa: RUF012 - the framework's way to say it
    opt = {"scopes": PEOPLE_AND_PROGRAMS}  # noqa: RUF012

    @get(
        "/accounts",
        operation_id="ListStatsAccounts",
        description="The accounts whose statistics the caller may read, closed ones too, in the order in which"
        " figures come: the caller's own, for staff and analysts all.",
        responses=problems() | NOT_MODIFIED,
    )
    async def accounts(
        self,
        request: Request[Principal, Any, State],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[ListedAccount]]:
        """GET /stats/accounts."""
        after = parameters.accounts_after(cursor)
        page = await service.accounts(autocommit, reader(principal), after, limit)
        return answer(request, page, page, headers=next_link(request, page.next_cursor))

    @get(
        "/{period:str}",
        operation_id="GetFigures",
        opt={"csv": True},
        description=FIGURES_DESCRIPTION,
        responses=problems(404) | NOT_MODIFIED,
    )
    async def figures(
        self,
        request: Request[Principal, Any, State],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        period: parameters.PeriodName,
        account_id: parameters.AccountIds = None,
        first: parameters.From = None,
        last: parameters.To = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        format_: Format = None,
    ) -> Response[Figures]:
        """GET /stats/daily, /stats/weekly, /stats/monthly."""
        named = parameters.period_named(period)
        query = parameters.figures_query(named, account_id, first, last, limit, cursor)
        page, metric_names = await service.figures(autocommit, reader(principal), query)
        return answer(
            request,
            page,
            (page.items, page.next_cursor, metric_names),
            body=figures_csv(page, metric_names) if wants_csv(request, format_) else None,
            headers=publication_headers(request, page),
        )

    @get(
        "/{period:str}/transactions",
        operation_id="GetFigureTransactions",
        description="The transactions behind one figure, oldest first: those that its publication counted.",
        responses=problems(404) | NOT_MODIFIED,
    )
    async def transactions(
        self,
        request: Request[Principal, Any, State],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        period: parameters.PeriodName,
        account_id: FromQuery[UUID],
        period_start: parameters.PeriodStart,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Transactions]:
        """GET /stats/{period}/transactions."""
        named = parameters.period_named(period)
        page = await service.transactions(
            autocommit,
            reader(principal),
            account_id,
            named,
            period_start,
            after=parameters.sequence_after(cursor),
            limit=limit,
        )
        tagged = (page.items, page.next_cursor, page.status)
        return answer(request, page, tagged, headers=publication_headers(request, page))

    @get(
        "/bank",
        operation_id="GetBankDays",
        opt={"right": Right.READ_STATISTICS},
        description="The bank as a whole by day and currency, oldest first; for staff and analysts. Days without"
        " movement have no entry. An import of past movements may restate days, final ones too.",
        responses=problems() | NOT_MODIFIED,
    )
    async def bank(
        self,
        request: Request[Principal, Any, State],
        autocommit: NamedDependency[AsyncConnection],
        first: parameters.From = None,
        last: parameters.To = None,
        currency: parameters.Currency = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[BankDays]:
        """GET /stats/bank."""
        page = await service.bank(autocommit, parameters.bank_query(first, last, currency, limit, cursor))
        return answer(request, page, (page.items, page.next_cursor), headers=publication_headers(request, page))

    @get(
        "/metrics",
        operation_id="GetMetrics",
        description="The catalogue: what each statistic means, its unit, and the periods it exists for.",
        responses=problems() | NOT_MODIFIED,
    )
    async def metrics(
        self, request: Request[Principal, Any, State], autocommit: NamedDependency[AsyncConnection]
    ) -> Response[Catalogue]:
        """GET /stats/metrics."""
        found = await service.catalogue(autocommit)
        return answer(request, found, found.items, headers=publication_headers(request, found))

    @get(
        "/status",
        operation_id="GetStatsStatus",
        description="How fresh the statistics are and how the last run went. Cheap enough to poll: its entity tag"
        " stays the same until something was published, a run began or ended, or an alert was raised or closed.",
        responses=problems() | NOT_MODIFIED,
    )
    async def status(
        self,
        request: Request[Principal, Any, State],
        principal: NamedDependency[Principal],
        state: State,
        autocommit: NamedDependency[AsyncConnection],
    ) -> Response[StatsStatus]:
        """GET /stats/status."""
        found = await service.status(autocommit, reader(principal), state.settings.stale_after_s)
        # All but the lag, which is another each second.
        return answer(request, found, msgspec.structs.replace(found, lag_s=None))

    @get(
        "/pipeline",
        operation_id="GetPipeline",
        opt={"right": Right.READ_STATISTICS},
        description="How the pipeline has been doing: its status, its newest runs with each proof, and its alerts,"
        " open ones first; for staff and analysts.",
        responses=problems() | NOT_MODIFIED,
    )
    async def pipeline(
        self,
        request: Request[Principal, Any, State],
        principal: NamedDependency[Principal],
        state: State,
        autocommit: NamedDependency[AsyncConnection],
    ) -> Response[Pipeline]:
        """GET /stats/pipeline."""
        found = await service.pipeline(autocommit, reader(principal), state.settings.stale_after_s)
        tagged = (msgspec.structs.replace(found.status, lag_s=None), found.runs, found.alerts)
        return answer(request, found, tagged)
