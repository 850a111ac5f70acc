"""Query parameters of the calls, and what is refused about them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from api.accounts.models import TimeRange
from api.accounts.numbers import is_account_number
from api.shared.errors import InvalidRequest

# Text here and read below: the framework would take a number too, as seconds since 1970.
_DATE_TIME = {"format": "date-time"}
_WITH_OFFSET = Annotated[datetime, msgspec.Meta(tz=True)]
Moment = Annotated[
    str | None,
    QueryParameter(
        name="at",
        description="RFC 3339: give the balance as it was at that moment.",
        schema_extra=_DATE_TIME,
    ),
]
From = Annotated[
    str | None, QueryParameter(name="from", description="RFC 3339: from this moment on.", schema_extra=_DATE_TIME)
]
To = Annotated[
    str | None, QueryParameter(name="to", description="RFC 3339: before this moment.", schema_extra=_DATE_TIME)
]
Format = Annotated[
    str | None,
    QueryParameter(
        name="format", pattern="^(json|csv)$", description="`json` or `csv`; decides over the Accept header."
    ),
]
Number = Annotated[str | None, QueryParameter(description="An account number.")]
UserId = Annotated[UUID | None, QueryParameter(description="An owner.")]
Approved = Annotated[bool | None, QueryParameter(description="false: open accounts that wait for approval.")]


def moment(value: str | None, name: str) -> datetime | None:
    """A moment in time. Raises InvalidRequest for what is not RFC 3339, which has an offset from UTC."""
    try:
        return None if value is None else msgspec.convert(value, _WITH_OFFSET)
    except msgspec.ValidationError:
        message = "must be RFC 3339 with its offset from UTC, as in 2026-11-22T15:04:05Z"
        raise InvalidRequest(errors=[{"field": name, "message": message}]) from None


def time_range(start: str | None, end: str | None) -> TimeRange:
    """[start, end). Raises InvalidRequest."""
    return TimeRange(moment(start, "from"), moment(end, "to"))


def account_number(value: str | None) -> str | None:
    """Raises InvalidRequest for a number whose check digit is wrong."""
    if value is not None and not is_account_number(value):
        raise InvalidRequest(errors=[{"field": "number", "message": "is not a valid account number"}])
    return value
