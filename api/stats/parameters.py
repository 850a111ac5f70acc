"""Reads query and path parameters; whatever cannot be used is InvalidRequest, a period that isn't one NotFound."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import PathParameter, QueryParameter

from api.shared.calendar import Period
from api.shared.errors import NotFound, ValueRefused
from api.shared.fields import CURRENCY_CODE, UUID_TEXT, CurrencyCode, pattern
from api.shared.pages import InvalidCursor, decode_cursor
from api.shared.ranges import in_order
from api.stats.models import BankQuery, FiguresQuery

ACCOUNTS_MAX = 50

_ACCOUNT_IDS = pattern(
    f"{UUID_TEXT}(,{UUID_TEXT}){{0,{ACCOUNTS_MAX - 1}}}", "must be a UUID, or several with commas between"
)

PeriodName = Annotated[
    str, PathParameter(description="The length of the periods.", schema_extra={"enum": [*Period]})
]
AccountIds = Annotated[
    list[Annotated[str, msgspec.Meta(pattern=_ACCOUNT_IDS)]] | None,
    QueryParameter(
        name="account_id",
        max_items=ACCOUNTS_MAX,
        schema_extra={"items": Schema(type=OpenAPIType.STRING, pattern=_ACCOUNT_IDS)},
        description="One account or up to 50: the parameter repeated, or a list with commas, or both. Default: all"
        " that the caller may read (GET /stats/accounts).",
    ),
]
From = Annotated[
    date | None,
    QueryParameter(name="from", description="A day: start with the period that contains it. Default: the oldest."),
]
To = Annotated[
    date | None,
    QueryParameter(name="to", description="A day: end with the period that contains it. Default: the newest."),
]
Currency = Annotated[
    str | None, QueryParameter(pattern=CURRENCY_CODE, description="Only this currency (ISO 4217).")
]
PeriodStart = Annotated[date, QueryParameter(description="A day: the figure of the period that contains it.")]
Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


def period_named(name: str) -> Period:
    """daily, weekly or monthly; anything else is no address of this service."""
    try:
        return Period(name)
    except ValueError:
        raise NotFound("There is nothing at this address.") from None


def figures_query(
    period: Period,
    account_ids: list[str] | None,
    first: date | None,
    last: date | None,
    limit: int,
    cursor: str | None,
) -> FiguresQuery:
    """The figures that a caller asks for."""
    first, last = _range(first, last)
    wanted = None if account_ids is None else _accounts(account_ids)
    query = FiguresQuery(wanted, period, period.start(first), period.start(last), limit)
    after = decode_cursor(cursor, tuple[UUID, date | None])
    if after is None:
        return query
    account_id, start = after
    is_start = start is None or (period.start(start) == start and query.first <= start <= query.last)
    if not is_start or (wanted is not None and account_id not in wanted):
        raise InvalidCursor()
    return msgspec.structs.replace(query, after=after)


def accounts_after(cursor: str | None) -> UUID | None:
    """The account after which a page of accounts begins."""
    return (decode_cursor(cursor, tuple[UUID]) or (None,))[0]


def bank_query(
    first: date | None, last: date | None, currency: str | None, limit: int, cursor: str | None
) -> BankQuery:
    """The days of the bank that a caller asks for."""
    first, last = _range(first, last)
    return BankQuery(first, last, currency, limit, decode_cursor(cursor, tuple[date, CurrencyCode]))


def sequence_after(cursor: str | None) -> int:
    """The sequence number after which a page of transactions begins."""
    return (decode_cursor(cursor, tuple[Sequence]) or (0,))[0]


def _range(first: date | None, last: date | None) -> tuple[date, date]:
    first, last = in_order(first, last)
    return first or date.min, last or date.max


def _accounts(texts: list[str]) -> list[UUID]:
    found = {UUID(part) for text in texts for part in text.split(",")}
    if len(found) > ACCOUNTS_MAX:
        raise ValueRefused("account_id", f"at most {ACCOUNTS_MAX} accounts at once")
    return sorted(found)
