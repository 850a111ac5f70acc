"""The bank's calendar as the proofs see it: made here a second time on purpose, from Python's time zones.

A proof that took the models' own macros would repeat their mistakes.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from psycopg import sql

from api.shared.calendar import MICROSECOND, ONE_DAY, day_start
from pipelines.database import Connection

# No clock was set by a time zone before, and later on the rules of today go on.
FIRST, LAST = datetime(1840, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)
STEP = timedelta(days=7)

# Postgres puts their text in the place of each call, so that a call costs nothing: but only where a function
# claims no more than its text holds, and adding an interval to a moment is stable (it could be days of a zone).
FUNCTIONS = """
create function pg_temp.day_start(day date) returns timestamptz language sql stable parallel safe return
    least(
        day::timestamp at time zone {zone},
        (day::timestamp - interval '1 us') at time zone {zone} + interval '1 us'
    );
create function pg_temp.day_of(moment timestamptz) returns date language sql stable parallel safe return
    (moment at time zone {zone})::date{correction};
create function pg_temp.days_between(earlier date, later date) returns integer language sql stable parallel safe
    return later - earlier{skipped};
"""


def provide(warehouse: Connection, time_zone: str) -> None:
    """Make the functions that the proofs count time with, for this connection.

    day_start(date): the first moment of a day. day_of(moment): the day that holds it. days_between(earlier,
    later): how many days there are from one date on and before the other, without those that never were.
    """
    zone, name = ZoneInfo(time_zone), sql.Literal(time_zone)
    correction = " - (moment < pg_temp.day_start((moment at time zone {zone})::date))::integer"
    skipped = (
        sql.SQL(" - (earlier <= {day} and {day} < later)::integer").format(day=sql.Literal(day))
        for day in skipped_days(zone)
    )
    warehouse.execute(
        sql.SQL(FUNCTIONS).format(
            zone=name,
            correction=sql.SQL(correction if has_disputed_dates(zone) else "").format(zone=name),
            skipped=sql.SQL("").join(skipped),
        )
    )


@cache
def skipped_days(zone: ZoneInfo) -> tuple[date, ...]:
    """The dates that never were, because a country went over to the other side of the date line."""
    return tuple(day for day in days_of_changes(zone) if day_start(day, zone) == day_start(day + ONE_DAY, zone))


@cache
def has_disputed_dates(zone: ZoneInfo) -> bool:
    """Whether the clock ever shows a date before its day begins: it went back over midnight, or jumped past it."""
    for day in days_of_changes(zone):
        begins = day_start(day, zone)
        first_midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        for moment in (first_midnight, begins - MICROSECOND):
            if moment < begins and moment.astimezone(zone).date() >= day:
                return True
    return False


@cache
def days_of_changes(zone: ZoneInfo) -> tuple[date, ...]:
    """The dates around each change of the clock. One that is undone within a week would not be seen."""
    return tuple(dict.fromkeys(_days_around_changes(zone)))


def _days_around_changes(zone: ZoneInfo) -> Iterator[date]:
    moment = FIRST.astimezone(zone)
    while moment < LAST:
        following = (moment.astimezone(UTC) + STEP).astimezone(zone)
        if moment.utcoffset() != following.utcoffset():
            day = moment.date() - ONE_DAY
            while day <= following.date() + ONE_DAY:
                yield day
                day += ONE_DAY
        moment = following
