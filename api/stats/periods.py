"""The bank's calendar: days, ISO weeks and months of its time zone, each a period [start, end) of dates."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
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


@lru_cache(10_000)
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The moment (UTC) from which on the clock never shows an earlier date than `day`.

    That is midnight; the first of two, unless the clock goes back into the day before; the jump, where the clock
    jumps over midnight. A day that the clock leaves out begins and ends at the same moment.
    """
    midnight = datetime.combine(day, time())
    return min(_latest(midnight, zone), _latest(midnight - MICROSECOND, zone) + MICROSECOND)


def _latest(clock: datetime, zone: ZoneInfo) -> datetime:
    """The last moment at which the clock shows this; in a gap as if it had not jumped yet."""
    return max(clock.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The day that holds a moment: what the clock shows, unless it will go back into the day before."""
    day = moment.astimezone(zone).date()
    return day if day_start(day, zone) <= moment else day - ONE_DAY


def exists(start: date, end: date, zone: ZoneInfo) -> bool:
    """Whether there is any time from one date on and before another: a day that the clock leaves out has none."""
    return day_start(start, zone) < day_start(end, zone)


def days_between(first: date, last: date, zone: ZoneInfo) -> int:
    """How many days there are from the first to the last, both included."""
    days = (first + number * ONE_DAY for number in range((last - first).days + 1))
    return sum(exists(day, day + ONE_DAY, zone) for day in days)


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
