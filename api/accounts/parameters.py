"""Query parameters of the calls, and what is refused about them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from api.accounts.models import TimeRange
from api.accounts.numbers import is_account_number
from api.shared.errors import InvalidRequest

Moment = Annotated[
    datetime | None,
    QueryParameter(name="at", description="RFC 3339: give the balance as it was at that moment."),
]
From = Annotated[datetime | None, QueryParameter(name="from", description="RFC 3339: from this moment on.")]
To = Annotated[datetime | None, QueryParameter(name="to", description="RFC 3339: before this moment.")]
Format = Annotated[
    str | None,
    QueryParameter(
        name="format", pattern="^(json|csv)$", description="`json` or `csv`; decides over the Accept header."
    ),
]
Number = Annotated[str | None, QueryParameter(description="An account number.")]
UserId = Annotated[UUID | None, QueryParameter(description="An owner.")]
Approved = Annotated[bool | None, QueryParameter(description="false: open accounts that wait for approval.")]


def moment(value: datetime | None, name: str) -> datetime | None:
    """A moment in time. Raises InvalidRequest when the offset from UTC is missing."""
    if value is not None and value.tzinfo is None:
        raise InvalidRequest(errors=[{"field": name, "message": "must say its offset from UTC, as in …Z"}])
    return value


def time_range(start: datetime | None, end: datetime | None) -> TimeRange:
    """[start, end). Raises InvalidRequest for moments without offset."""
    return TimeRange(moment(start, "from"), moment(end, "to"))


def account_number(value: str | None) -> str | None:
    """Raises InvalidRequest for a number whose check digit is wrong."""
    if value is not None and not is_account_number(value):
        raise InvalidRequest(errors=[{"field": "number", "message": "is not a valid account number"}])
    return value
