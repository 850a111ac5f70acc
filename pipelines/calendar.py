"""The bank's calendar: when a day of its time zone begins, and the periods that days make up.

The stats service and the models have the same calendar in their own words, for nothing is shared between them; the
tests hold all of them against one another, in every time zone there is.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MICROSECOND = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)


class Period(StrEnum):
    """The length of a period, as it stands in the mart's name and in what is published."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"

    @property
    def mart(self) -> str:
        """The mart that holds its statistics."""
        return f"stats_{self}"

    @property
    def unit(self) -> str:
        """What Postgres calls it."""
        return {"daily": "day", "weekly": "week", "monthly": "month"}[self]

    def start(self, day: date) -> date:
        """The first day of the period that holds `day`; weeks begin on Monday."""
        if self is Period.WEEKLY:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Period.MONTHLY else day


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
