"""The bank's days where clocks change at or around midnight: everybody agrees on when each begins.

Everybody: the models and the proofs (SQL), the services and the pipeline, and the oracle.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import psycopg
import pytest

from api.shared import calendar
from pipelines.proofs import calendar as proofs
from tests.oracle import day_start, local_date
from tests.warehouse.dbt import PROJECT, Dbt

pytestmark = pytest.mark.slow

ONE_DAY = timedelta(days=1)
ODD = {
    "America/Sao_Paulo": "no midnight in spring",
    "America/Havana": "two midnights in autumn",
    "Asia/Beirut": "the hour before midnight twice in autumn",
    "America/Nuuk": "no hour before midnight in spring",
    "America/St_Johns": "the clock went back over midnight",
    "Antarctica/Casey": "the clock went back three hours over midnight",
    "Pacific/Apia": "a day that never was",
}
QUERY = """
select day, {{ day_start('day') }}, {{ bank_date(day_start('day')) }}, {{ days_between('day - 3', 'day + 3') }}
from unnest(array['the days']::date[]) as day
"""
DATES = "select moment, {{ bank_date('moment') }} from unnest(array['the moments']::timestamptz[]) as moment"
APART = "-- and then"


@cache
def zones() -> list[str]:
    """Every place's time zone, but of those whose clocks were changed on the same days only one."""
    places = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return list({(is_plain(zone) or zone, *days_of(zone)): zone for zone in places}.values())


@cache
def is_plain(zone: str) -> bool:
    info = ZoneInfo(zone)
    return not proofs.skipped_days(info) and not proofs.has_disputed_dates(info)


@cache
def days_of(zone: str) -> list[date]:
    """The days around each change of the zone's clock from 1970 to 2025: of those, time zone data agree."""
    return [day for day in proofs.days_of_changes(ZoneInfo(zone)) if 1970 <= day.year <= 2025]


def moments_of(zone: str) -> list[datetime]:
    """Moments around the midnights of the last of those days, half an hour apart and a bit."""
    midnights = (datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) for day in days_of(zone)[-200:])
    steps = range(-4, 5) if not is_plain(zone) else range(1)
    return [midnight + timedelta(minutes=30 * step, seconds=30) for midnight in midnights for step in steps]


class Compiled:
    """QUERY and DATES in each zone: compiled together, and once for all the zones where nothing is odd."""

    def __init__(self, dbt: Dbt) -> None:
        self._dbt = dbt
        self._plain = self._both("the zone")
        self._odd: dict[str, list[str]] = {}

    def query(self, zone: str) -> str:
        return self._of(zone)[0]

    def dates(self, zone: str) -> str:
        return self._of(zone)[1]

    def _of(self, zone: str) -> list[str]:
        if is_plain(zone):
            return [text.replace("the zone", zone) for text in self._plain]
        if zone not in self._odd:
            self._odd[zone] = self._both(zone)
        return self._odd[zone]

    def _both(self, zone: str) -> list[str]:
        return self._dbt.compiled_inline(f"{QUERY}\n{APART}\n{DATES}", zone).split(APART)


@pytest.fixture(scope="module")
def compiled(dbt: Dbt) -> Compiled:
    return Compiled(dbt)


def listed(values: Sequence[date]) -> str:
    return ", ".join(f"'{value.isoformat()}'" for value in values) or "null"


class TestDays:
    @pytest.mark.parametrize("zone", ["UTC", "Europe/Prague", *ODD])
    def test_begin_when_the_oracle_says(self, zone: str) -> None:
        info = ZoneInfo(zone)
        day, last = date(2008, 1, 1), date(2030, 1, 1)
        while day < last:
            assert calendar.day_start(day, info) == day_start(day, info), day
            if calendar.exists(day, day + ONE_DAY, info):
                assert (
                    calendar.local_date(day_start(day, info), info)
                    == local_date(day_start(day, info), info)
                    == day
                )
            day += ONE_DAY

    def test_begin_at_the_same_moment_in_sql_in_every_zone(
        self, compiled: Compiled, warehouse: psycopg.Connection
    ) -> None:
        wrong = []
        for zone in zones():
            info = ZoneInfo(zone)
            found = warehouse.execute(compiled.query(zone).replace("'the days'", listed(days_of(zone)))).fetchall()
            assert [row[0] for row in found] == days_of(zone) or not days_of(zone)
            for day, start, own, days in found:
                if day is None:
                    continue
                expected = calendar.day_start(day, info)
                number = calendar.days_between(day - 3 * ONE_DAY, day + 2 * ONE_DAY, info)
                if (start, own, days) != (expected, calendar.local_date(expected, info), number):
                    wrong.append((zone, day, start, expected, own, days, number))
        assert wrong == []

    def test_hold_the_same_moments_in_sql_in_every_zone(
        self, compiled: Compiled, warehouse: psycopg.Connection
    ) -> None:
        wrong = []
        for zone in zones():
            info = ZoneInfo(zone)
            query = compiled.dates(zone).replace("'the moments'", listed(moments_of(zone)))
            for moment, day in warehouse.execute(query):
                if moment is not None and day != calendar.local_date(moment, info):
                    wrong.append((zone, moment, day, calendar.local_date(moment, info)))
        assert wrong == []

    def test_are_odd_in_the_zones_that_the_models_list_and_in_no_other(self) -> None:
        macro = (
            (PROJECT / "macros" / "time.sql")
            .read_text()
            .partition("calendar_oddities")[2]
            .partition("endmacro")[0]
        )
        known = available_timezones()
        listed_zones = {name for name in re.findall(r"'([^']+)'", macro) if name in known}
        assert listed_zones == {zone for zone in known if not is_plain(zone)}

    @pytest.mark.parametrize("zone", ["Europe/Prague", *ODD])
    def test_are_the_same_to_the_proofs(self, zone: str, warehouse: psycopg.Connection) -> None:
        info = ZoneInfo(zone)
        with warehouse.transaction(force_rollback=True):
            proofs.provide(warehouse, zone)
            days = warehouse.execute(
                "select day, pg_temp.day_start(day), pg_temp.days_between(day - 3, day + 3)"
                f" from unnest(array[{listed(days_of(zone))}]::date[]) as day"
            ).fetchall()
            moments = warehouse.execute(
                "select moment, pg_temp.day_of(moment)"
                f" from unnest(array[{listed(moments_of(zone))}]::timestamptz[]) as moment"
            ).fetchall()
        for day, start, number in days:
            expected = calendar.days_between(day - 3 * ONE_DAY, day + 2 * ONE_DAY, info)
            assert (day, start, number) == (day, calendar.day_start(day, info), expected)
        assert [(m, d) for m, d in moments if d != calendar.local_date(m, info)] == []

    @pytest.mark.parametrize("zone", ["UTC", "Europe/Prague", *ODD])
    def test_cost_the_proofs_no_call(self, zone: str, warehouse: psycopg.Connection) -> None:
        with warehouse.transaction(force_rollback=True):
            proofs.provide(warehouse, zone)
            warehouse.execute("create temporary table row (first date, last date, at timestamptz)")
            plan = warehouse.execute(
                "explain (verbose) select pg_temp.day_start(first), pg_temp.day_of(at), "
                "pg_temp.days_between(first, last) from pg_temp.row"
            ).fetchall()
        assert [line for (line,) in plan if re.search(r"day_start|day_of|days_between", line)] == []
