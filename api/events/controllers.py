"""The calls under `/events`."""

import re
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import QueryParameter

from api.events import service
from api.events.catalogue import EVENT_TYPES
from api.events.schemas import Events
from api.shared.auth import PEOPLE_AND_PROGRAMS, Principal
from api.shared.database import AsyncConnection
from api.shared.fields import pattern
from api.shared.pages import Limit
from api.shared.problems import problems

_TYPE = pattern(f"({'|'.join(map(re.escape, EVENT_TYPES))})", "must be a type of event")

After = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        # It grows with the number of transactions that are writing, by some four characters each.
        max_length=6_000,
        pattern="^[A-Za-z0-9_-]+$",
        description="`next_cursor` of an earlier page; leave out to read from the beginning.",
    ),
]
AccountId = Annotated[
    UUID | None,
    QueryParameter(name="account_id", description="Only of this account; staff and analysts may name any."),
]
Types = Annotated[
    list[Annotated[str, msgspec.Meta(pattern=_TYPE)]] | None,
    QueryParameter(
        name="type",
        max_items=len(EVENT_TYPES),
        schema_extra={"items": Schema(type=OpenAPIType.STRING, enum=[*EVENT_TYPES])},
        description="Only these types: the parameter repeated. Default: all.",
    ),
]
DESCRIPTION = """
What has happened to the caller's accounts and to the caller, and what was published. Call again with `next_cursor`
as `after`: at once if `has_more`, else when you like. Nothing is left out, also what commits late. An account's
events come in the order in which they happened, whatever clocks say; among accounts there is no order. A page may
hold fewer events than `limit`, or none, and yet have more behind it. An event that comes again has the same
`source` and `id`.

What a caller may know is asked at each call: it is all about the accounts that they own at that moment. A
program's token shows movements, openings, closings and publications. Staff and analysts see other accounts by
`account_id` only. After the bank was put back from a backup a cursor may be refused (`invalid_cursor`): begin
anew. The types stand under `webhooks`, each with an example.
"""


class EventController(Controller):
    """What has happened."""

    path = "/events"
    tags = ["events"]  # noqa: RUF012 - the framework's way to say it
    opt = {"scopes": PEOPLE_AND_PROGRAMS}  # noqa: RUF012

    @get(operation_id="ListEvents", description=DESCRIPTION, responses=problems(404, 409))
    async def events(
        self,
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        after: After = None,
        account_id: AccountId = None,
        types: Types = None,
        limit: Limit = 100,
    ) -> Events:
        """GET /events."""
        wanted = EVENT_TYPES if types is None else types
        return await service.read(autocommit, principal, after, account_id, frozenset(wanted), limit)
