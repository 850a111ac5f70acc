"""The bank's calendar: days, ISO weeks and months of its time zone, each a period [start, end) of dates."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

Status = Literal["final", "provisional"]

ONE_DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


class Period(StrEnum):
    """The length of a period, as it stands in URLs and in the database."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"

    def start(self, day: date) -> date:
        """The first day of the period that contains `day`."""
        if self is Period.WEEKLY:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Period.MONTHLY else day

    def end(self, start: date) -> date:
        """The first day after the period that starts on `start`."""
        if self is Period.WEEKLY:
            return start + timedelta(days=7)
        return (start + timedelta(days=31)).replace(day=1) if self is Period.MONTHLY else start + ONE_DAY


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day, UTC; where clocks jump over midnight, the moment of the jump."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The day of a moment."""
    return moment.astimezone(zone).date()


def microseconds(earlier: datetime, later: datetime) -> int:
    """From one UTC moment to a later one."""
    return (later - earlier) // MICROSECOND


class Cut(msgspec.Struct, frozen=True):
    """How a publication cuts time."""

    zone: ZoneInfo
    complete_through: datetime

    def status(self, period_end: date) -> Status:
        """Final once complete_through has reached the period's end."""
        return "final" if day_start(period_end, self.zone) <= self.complete_through else "provisional"
