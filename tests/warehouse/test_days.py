"""The bank's days where clocks change at or around midnight: SQL and Python agree on when each begins."""

from datetime import date
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.oracle import day_start, local_date
from tests.warehouse.dbt import Dbt

pytestmark = pytest.mark.slow

QUERY = """
select day, {{ day_start('day') }}, {{ bank_date(day_start('day')) }}
from generate_series('2015-01-01'::timestamp, '2030-01-01', interval '1 day') as d, cast(d as date) as day
"""


@pytest.fixture(scope="module")
def query(dbt: Dbt) -> str:
    """QUERY for a time zone called `the zone`."""
    return dbt.compiled_inline(QUERY, "the zone")


class TestDayStart:
    @pytest.mark.parametrize(
        "zone",
        [
            "UTC",
            "Europe/Prague",
            "America/New_York",
            pytest.param("America/Sao_Paulo", id="no midnight in spring"),
            pytest.param("America/Havana", id="two midnights in autumn"),
            pytest.param("Asia/Beirut", id="the hour before midnight twice in autumn"),
            pytest.param("America/Nuuk", id="no hour before midnight in spring"),
        ],
    )
    def test_days_begin_at_their_first_moment(self, query: str, warehouse: psycopg.Connection, zone: str) -> None:
        info = ZoneInfo(zone)
        found = warehouse.execute(query.replace("the zone", zone)).fetchall()
        assert found[0][0] == date(2015, 1, 1)
        assert [(day, start) for day, start, _ in found if start != day_start(day, info)] == []
        assert [(day, start) for day, start, own in found if not day == own == local_date(start, info)] == []
