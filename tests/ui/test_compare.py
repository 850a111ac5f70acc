"""A running period is held against the same stretch of the one before, and says so."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ui.clients.stats import CountedTransaction, Figures, Metric, PeriodFigures
from ui.components import compare, session, when

OCTOBER = (date(2026, 10, 1), date(2026, 11, 1))
OUTFLOW = Metric("outflow", "Money out", "", "minor_units")


class Paid:
    """An account that pays 10.00 each day at noon, as the stats API would tell it."""

    def figures(self, account_id: str, _period: str, *, start: date, end: date) -> Figures:
        days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
        metrics: dict[str, int | None] = {
            "inflow": 0,
            "outflow": 1000,
            "net_change": -1000,
            "transaction_count": 1,
        }
        items = [PeriodFigures(account_id, day, day + timedelta(days=1), "final", metrics) for day in days]
        return Figures("daily", items)

    def transactions(self, account_id: str, _period: str, start: date) -> list[CountedTransaction]:
        noon = datetime(start.year, start.month, start.day, 12, tzinfo=UTC)
        return [CountedTransaction("t", account_id, account_id, "external:card", -1000, 0, 1, noon)]


@pytest.fixture(autouse=True)
def _bank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "stats", Paid)
    monkeypatch.setattr(when, "zone", lambda: UTC)


def month(first: date, after: date, status: str, **metrics: int | None) -> PeriodFigures:
    return PeriodFigures("a", first, after, status, metrics)


def note(through: datetime, item: PeriodFigures, before: PeriodFigures) -> str:
    base = compare.base_of(item, before, "monthly", through)
    return base.note(OUTFLOW, item.metrics["outflow"], "EUR").replace("\u2212", "-")


class TestBaseOf:
    NOVEMBER = (date(2026, 11, 1), date(2026, 12, 1))

    @pytest.mark.parametrize(
        ("hour", "said"),
        [
            (11, "€130.00 less than by 27 October, 11:00 (-50%)"),
            (13, "€140.00 less than by 27 October, 13:00 (-52%)"),
        ],
    )
    def test_a_running_month_to_the_hour(self, hour: int, said: str) -> None:
        item = month(*self.NOVEMBER, "provisional", outflow=13_000)
        before = month(*OCTOBER, "final", outflow=31_000)
        assert note(datetime(2026, 11, 27, hour, tzinfo=UTC), item, before) == said

    def test_a_whole_month_with_the_whole(self) -> None:
        item = month(*self.NOVEMBER, "final", outflow=40_000)
        before = month(*OCTOBER, "final", outflow=31_000)
        said = note(datetime(2026, 12, 5, tzinfo=UTC), item, before)
        assert said == "€90.00 more than in all of October 2026 (+29%)"

    def test_the_31st_with_all_of_a_shorter_month(self) -> None:
        item = month(date(2026, 12, 1), date(2027, 1, 1), "provisional", outflow=30_000)
        before = month(*self.NOVEMBER, "final", outflow=30_000)
        said = note(datetime(2026, 12, 31, 9, tzinfo=UTC), item, before)
        assert said == "the same as in all of November 2026"

    def test_nothing_before_has_no_share(self) -> None:
        item = month(*self.NOVEMBER, "final", outflow=100)
        before = month(*OCTOBER, "final", outflow=0)
        said = note(datetime(2026, 12, 5, tzinfo=UTC), item, before)
        assert said == "€1.00 more than in all of October 2026"

    def test_what_is_not_known_is_not_compared(self) -> None:
        values: dict[str, Any] = {"outflow": None}
        assert compare.Base(values, "then").note(OUTFLOW, 5, "EUR") == ""
