"""A bank's calendar: when a day of its time zone begins, and the periods that days make up.

The models and the proofs have the same calendar in SQL; the tests hold all of them against one another.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


class Period(StrEnum):
    """The length of a period [start, end), as it stands in URLs and in what is published."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"

    @property
    def unit(self) -> str:
        """What Postgres calls it."""
        return {"daily": "day", "weekly": "week", "monthly": "month"}[self]

    def start(self, day: date) -> date:
        """The first day of the period that contains `day`; weeks begin on Monday."""
        if self is Period.WEEKLY:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Period.MONTHLY else day

    def end(self, start: date) -> date:
        """The first day after the period that starts on `start`."""
        length = timedelta(days={Period.DAILY: 1, Period.WEEKLY: 7, Period.MONTHLY: 31}[self])
        if date.max - start < length:
            return date.max
        return (start + length).replace(day=1) if self is Period.MONTHLY else start + length


@lru_cache(10_000)
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The moment (UTC) from which on the clock never shows an earlier date than `day`.

    That is midnight; the first of two, unless the clock goes back into the day before; the jump, where the clock
    jumps over midnight. A day that the clock leaves out begins and ends at the same moment.
    """
    midnight = datetime.combine(day, time())
    try:
        return min(_latest(midnight, zone), _latest(midnight - MICROSECOND, zone) + MICROSECOND)
    except OverflowError:
        return _end_of_time(day.year)


def _end_of_time(year: int) -> datetime:
    """Python knows the years 1 to 9999; what an offset puts beyond counts as the first or last moment of these."""
    return (datetime.min if year == 1 else datetime.max).replace(tzinfo=UTC)


def _latest(clock: datetime, zone: ZoneInfo) -> datetime:
    """The last moment at which the clock shows this; in a gap as if it had not jumped yet."""
    return max(clock.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The day that holds a moment: what the clock shows, unless it will go back into the day before."""
    try:
        day = moment.astimezone(zone).date()
    except OverflowError:
        return _end_of_time(moment.year).date()
    return day if day_start(day, zone) <= moment else day - ONE_DAY


def exists(start: date, end: date, zone: ZoneInfo) -> bool:
    """Whether there is any time from one date on and before another: a day that the clock leaves out has none."""
    return day_start(start, zone) < day_start(end, zone)


def days_between(first: date, last: date, zone: ZoneInfo) -> int:
    """How many days there are from the first to the last, both included."""
    days = (first + number * ONE_DAY for number in range((last - first).days + 1))
    return sum(exists(day, day + ONE_DAY, zone) for day in days)
