"""Ranges of time that callers ask for: moments (RFC 3339) and days, and one error where the end is first."""

import re
from datetime import date, datetime
from typing import Annotated, TypeVar

import msgspec

from api.shared.errors import Conflict, InvalidParameter
from api.shared.fields import in_words, pattern

T = TypeVar("T", date, datetime)

# Text in the signatures and read here: the framework would take a number too, as seconds since 1970.
_RFC_3339 = pattern(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])",
    "must be RFC 3339 with its offset from UTC, as in 2026-11-22T15:04:05Z, to the microsecond at most",
)
DATE_TIME = {"format": "date-time", "pattern": _RFC_3339}
_WITH_OFFSET = Annotated[datetime, msgspec.Meta(tz=True)]


class InvalidRange(Conflict):
    """The end of a range lies before its start."""

    code, detail = "invalid_range", "`to` must not be before `from`."

    def __init__(self) -> None:
        super().__init__(errors=[{"field": "to", "message": "must not be before `from`"}])


def moment(value: str | None, name: str) -> datetime | None:
    """A moment in time. Raises InvalidParameter for what is not RFC 3339, which has an offset from UTC."""
    if value is None:
        return None
    if not re.search(_RFC_3339, value):
        raise InvalidParameter(name, in_words(_RFC_3339))
    try:
        return msgspec.convert(value, _WITH_OFFSET)
    except msgspec.ValidationError:
        raise InvalidParameter(name, "is no date of the calendar") from None


def in_order(start: T | None, end: T | None) -> tuple[T | None, T | None]:
    """Both ends again, None where it is open. Raises InvalidRange."""
    if start is not None and end is not None and end < start:
        raise InvalidRange()
    return start, end
