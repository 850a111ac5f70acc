"""Reads query and path parameters; whatever cannot be used is InvalidRequest, a period that isn't one NotFound."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.params import PathParameter, QueryParameter

from api.shared.calendar import Period
from api.shared.errors import InvalidParameter, NotFound
from api.shared.fields import CURRENCY_CODE, CurrencyCode
from api.shared.pages import InvalidCursor, decode_cursor
from api.shared.ranges import in_order
from api.stats.models import BankQuery, FiguresQuery

ACCOUNTS_MAX = 50

PeriodName = Annotated[
    str, PathParameter(description="The length of the periods.", schema_extra={"enum": [*Period]})
]
AccountIds = Annotated[
    list[str],
    QueryParameter(
        name="account_id",
        max_items=ACCOUNTS_MAX,
        description="One account or up to 50: the parameter repeated, or a list with commas, or both.",
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
PeriodStart = Annotated[date, QueryParameter(description="The first day of the figure's period.")]
Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


def period_named(name: str) -> Period:
    """daily, weekly or monthly; anything else is no address of this service."""
    try:
        return Period(name)
    except ValueError:
        raise NotFound() from None


def figures_query(
    period: Period, account_ids: list[str], first: date | None, last: date | None, limit: int, cursor: str | None
) -> FiguresQuery:
    """The figures that a caller asks for."""
    first, last = _range(first, last)
    query = FiguresQuery(_accounts(account_ids), period, period.start(first), period.start(last), limit)
    after = decode_cursor(cursor, tuple[UUID, date])
    if after is None:
        return query
    account_id, start = after
    if not (is_start(period, start) and query.first <= start <= query.last and account_id in query.account_ids):
        raise InvalidCursor()
    return msgspec.structs.replace(query, after=after)


def bank_query(
    first: date | None, last: date | None, currency: str | None, limit: int, cursor: str | None
) -> BankQuery:
    """The days of the bank that a caller asks for."""
    first, last = _range(first, last)
    return BankQuery(first, last, currency, limit, decode_cursor(cursor, tuple[date, CurrencyCode]))


def sequence_after(cursor: str | None) -> int:
    """The sequence number after which a page of transactions begins."""
    return (decode_cursor(cursor, tuple[Sequence]) or (0,))[0]


def is_start(period: Period, day: date) -> bool:
    """Whether a period starts on this day; the calendar's first and last year have moments beyond it."""
    return period.start(day) == day and date.min.year < day.year < date.max.year


def _range(first: date | None, last: date | None) -> tuple[date, date]:
    first, last = in_order(first, last)
    return first or date.min, last or date.max


def _accounts(texts: list[str]) -> list[UUID]:
    try:
        found = {msgspec.convert(part.strip(), UUID) for text in texts for part in text.split(",")}
    except msgspec.ValidationError:
        raise InvalidParameter("account_id", "must be a UUID, or several with commas between") from None
    if len(found) > ACCOUNTS_MAX:
        raise InvalidParameter("account_id", f"at most {ACCOUNTS_MAX} accounts at once")
    return sorted(found)
