"""Ranges of time that callers ask for: moments (RFC 3339) and days, and one error where the end is first."""

from datetime import date, datetime
from typing import Annotated, TypeVar

import msgspec

from api.shared.errors import Conflict, InvalidParameter

T = TypeVar("T", date, datetime)

# Text in the signatures and read here: the framework would take a number too, as seconds since 1970.
DATE_TIME = {"format": "date-time"}
_WITH_OFFSET = Annotated[datetime, msgspec.Meta(tz=True)]


class InvalidRange(Conflict):
    """The end of a range lies before its start."""

    code, detail = "invalid_range", "`to` must not be before `from`."

    def __init__(self) -> None:
        super().__init__(errors=[{"field": "to", "message": "must not be before `from`"}])


def moment(value: str | None, name: str) -> datetime | None:
    """A moment in time. Raises InvalidParameter for what is not RFC 3339, which has an offset from UTC."""
    try:
        return None if value is None else msgspec.convert(value, _WITH_OFFSET)
    except msgspec.ValidationError:
        raise InvalidParameter(
            name, "must be RFC 3339 with its offset from UTC, as in 2026-11-22T15:04:05Z"
        ) from None


def in_order(start: T | None, end: T | None) -> tuple[T | None, T | None]:
    """Both ends again, None where it is open. Raises InvalidRange."""
    if start is not None and end is not None and end < start:
        raise InvalidRange()
    return start, end
