"""The bank as a whole, and the pipeline, as staff and analysts see them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.ui.conftest import PASSWORD, Page, texts
from tests.ui.fake_gateway import FakeGateway
from ui.clients.stats import BankDay
from ui.components import bank_days, charts
from ui.settings import settings

pytestmark = pytest.mark.slow

User = dict[str, Any]
TODAY = datetime.now(UTC).date()


def person(gateway: FakeGateway, name: str, role: str) -> User:
    body = {"name": name, "email": "desk@example.com", "phone": "+420601000000", "password": PASSWORD}
    return gateway.bank.create_user(body, approved=True, roles=(role,))


@pytest.fixture
def staff(gateway: FakeGateway) -> User:
    return person(gateway, "Sam Staff", "staff")


class TestBank:
    def test_sums_and_a_chart_of_each_figure(self, visit: Page, gateway: FakeGateway, staff: User) -> None:
        gateway.bank.publish()
        gateway.bank.desk.bank_day(TODAY - timedelta(days=3))
        gateway.bank.desk.bank_day(TODAY, lucky_days=7)
        page = visit(staff, "bank")
        said = texts(page)
        for text in ("Money in", "€246.90", "Transfers inside the bank", "Lucky days"):
            assert text in said
        assert len(page.get("vega_lite_chart")) == 9

    def test_analysts_have_it_too(self, visit: Page, gateway: FakeGateway) -> None:
        gateway.bank.publish()
        assert "No movement in this time" in texts(visit(person(gateway, "Ana Lyst", "analyst"), "bank"))

    def test_charts_show_the_figures_of_the_api_and_zero_between(self) -> None:
        today = date(2026, 11, 3)
        metrics: dict[str, int | None] = {"inflow": 350_001, "transfers": 4}
        found = [
            BankDay(date(2026, 11, 1), "EUR", "final", metrics),
            BankDay(date(2026, 11, 2), "CZK", "final", {"inflow": 1}),
        ]
        items = bank_days.whole(found, "EUR", today, 3)
        for metric in bank_days.metrics_of(found):
            (rows,) = charts.bars(items, "daily", metric, "EUR", height=9).to_dict()["datasets"].values()
            shown = {"inflow": [3500.01, 0.0, 0.0], "transfers": [4, 0, 0]}[metric.name]
            assert [row["value"] for row in rows] == shown
        assert [item.status for item in items] == ["final", "final", "provisional"]


class TestPipeline:
    @pytest.fixture(autouse=True)
    def _dagster(self, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIDEMARK_DAGSTER_URL", "http://127.0.0.1:3000")
        settings.cache_clear()

    def test_state_runs_proofs_and_alerts(self, visit: Page, gateway: FakeGateway, staff: User) -> None:
        gateway.bank.publish()
        desk = gateway.bank.desk
        desk.state = "refused"
        desk.runs = [
            {"run_id": "now", "kind": "refresh", "outcome": "running", "started_at": "2026-11-20T10:05:00Z"},
            {
                "run_id": "bad",
                "kind": "close_daily",
                "outcome": "refused",
                "started_at": "2026-11-20T10:00:00Z",
                "finished_at": "2026-11-20T10:00:02.5Z",
                "proofs": [
                    {"name": "balance_chain", "passed": True, "checked": 1200},
                    {"name": "continuity", "passed": False, "checked": 9, "failed": 2},
                    {"name": "rebuild", "passed": True, "checked": 0},
                    {"name": "our_own_proof", "passed": True, "checked": 3},
                ],
                "error": "account <x>",
            },
        ]
        desk.alerts = [
            {"kind": "failure", "subject": "close failed", "run_id": "bad", "raised_at": "2026-11-20T10:01:00Z"}
        ]
        page = visit(staff, "pipeline")
        said = texts(page)
        for text in (
            "Refused by a proof",
            "Close of the day",
            "2.5 s",
            "account &lt;x&gt;",
            "Each balance follows from the one before",
            "nothing to look at",
            "Our own proof",
            "1,200",
            "2 do not",
            "close failed",
            "open since",
            'href="http://127.0.0.1:3000/runs/bad"',
        ):
            assert text in said

    def test_before_the_first_run(self, visit: Page, gateway: FakeGateway, staff: User) -> None:
        gateway.bank.desk.state = "waiting"
        assert "Waiting for the first run" in texts(visit(staff, "pipeline"))

    def test_not_for_customers(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        assert "Your role does not include" in visit(ada, "pipeline").error[0].value
        assert not gateway.calls_to("/stats/pipeline")
