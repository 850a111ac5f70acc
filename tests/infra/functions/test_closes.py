"""Which closes are due, by the bank's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from infra.functions.kickoff.closes import due


def closes(moment: str, zone: str) -> dict[str, str]:
    return {
        close.period.value: str(close.period_end) for close in due(datetime.fromisoformat(moment), ZoneInfo(zone))
    }


class TestDue:
    @pytest.mark.parametrize(
        ("moment", "zone", "expected"),
        [
            ("2026-11-27T00:00:00Z", "UTC", {"daily": "2026-11-27"}),
            ("2026-11-27T23:59:59Z", "UTC", {"daily": "2026-11-27"}),
            ("2026-11-27T23:00:00Z", "Europe/Prague", {"daily": "2026-11-28"}),
            ("2026-11-23T00:00:00Z", "UTC", {"daily": "2026-11-23", "weekly": "2026-11-23"}),
            ("2026-12-01T00:00:00Z", "UTC", {"daily": "2026-12-01", "monthly": "2026-12-01"}),
            # The first of a month on a Monday.
            ("2026-05-31T22:00:00Z", "Europe/Prague", dict.fromkeys(("daily", "weekly", "monthly"), "2026-06-01")),
        ],
    )
    def test_day_week_and_month(self, moment: str, zone: str, expected: dict[str, str]) -> None:
        assert closes(moment, zone) == expected

    @pytest.mark.parametrize(
        ("moment", "zone", "expected"),
        [
            # Summer time begins and ends: the same clock, another offset.
            ("2026-03-28T23:00:00Z", "Europe/Prague", "2026-03-29"),
            ("2026-03-29T22:00:00Z", "Europe/Prague", "2026-03-30"),
            ("2026-10-24T22:00:00Z", "Europe/Prague", "2026-10-25"),
            ("2026-10-25T23:00:00Z", "Europe/Prague", "2026-10-26"),
            # The clock jumps over midnight: the day begins at one.
            ("2026-09-06T03:59:59Z", "America/Santiago", "2026-09-05"),
            ("2026-09-06T04:00:00Z", "America/Santiago", "2026-09-06"),
            # It goes back over midnight: the day begins at the second one.
            ("2010-11-07T02:31:00Z", "America/St_Johns", "2010-11-06"),
            ("2010-11-07T03:30:00Z", "America/St_Johns", "2010-11-07"),
        ],
    )
    def test_when_clocks_change(self, moment: str, zone: str, expected: str) -> None:
        assert closes(moment, zone)["daily"] == expected

    def test_every_period_once_in_a_year(self) -> None:
        """Kicked at midnight and at one by the bank's clock, as the schedule says."""
        for name in ("UTC", "Europe/Prague", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe"):
            zone = ZoneInfo(name)
            found = set()
            for half_hours in range(48 * 365):
                moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * half_hours)
                clock = moment.astimezone(zone)
                if (clock.hour, clock.minute) in ((0, 0), (1, 0)):
                    found |= set(due(moment, zone))
            daily = sorted(close.period_end for close in found if close.period == "daily")
            assert daily == [daily[0] + timedelta(days=number) for number in range(len(daily))]
            assert len(daily) in (365, 366)
            weekly = {close.period_end for close in found if close.period == "weekly"}
            assert weekly == {day for day in daily if day.weekday() == 0}
            monthly = {close.period_end for close in found if close.period == "monthly"}
            assert monthly == {day for day in daily if day.day == 1}
