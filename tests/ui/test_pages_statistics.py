"""The statistics page: tiles, every metric, spreadsheets, and the wait for the first figures."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ui.conftest import Page, segmented, texts
from tests.ui.fake_gateway import FakeGateway
from ui.clients.stats import Metric, Status
from ui.components import figures
from ui.components.money import value_text

pytestmark = pytest.mark.slow

User = dict[str, Any]


@pytest.fixture
def account(gateway: FakeGateway, ada: User) -> dict[str, Any]:
    """Open for three days: 100.00 in on the first, 30.00 out today."""
    start = datetime.now(UTC) - timedelta(days=2)
    account = gateway.bank.open_account(ada["user_id"], "checking", "EUR", opened_at=start.isoformat())
    gateway.bank.move("deposit", "external:cash", account["account_id"], 10_000, None, start.isoformat())
    gateway.bank.move("withdrawal", account["account_id"], "external:cash", 3000, None)
    return account


class TestStatistics:
    def test_before_the_first_publication_says_when_they_come(self, visit: Page, ada: User, account: User) -> None:
        said = texts(visit(ada, "statistics"))
        assert "The first statistics are on their way" in said
        assert "within two minutes" in said

    def test_without_an_account(self, visit: Page, ada: User) -> None:
        assert "No account yet" in texts(visit(ada, "statistics"))

    def test_shows_the_newest_period_with_the_one_before(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User
    ) -> None:
        gateway.bank.publish()
        page = visit(ada, "statistics")
        said = texts(page)
        assert "Complete through today at" in said
        assert "Provisional" in said
        for text in ("€70.00", "€30.00", "−€30.00", "€100.00", ", so far", "All of "):
            assert text in said
        assert len(page.get("vega_lite_chart")) == 3

    def test_a_period_that_is_over_is_final(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User
    ) -> None:
        gateway.bank.publish()
        page = visit(ada, "statistics")
        names = page.selectbox(key="stats_period_daily").options
        page.selectbox(key="stats_period_daily").set_value(names[-1]).run()
        said = texts(page)
        assert "These figures can no longer change." in said
        assert "€100.00" in said

    @pytest.mark.parametrize("kind", ["weekly", "monthly"])
    def test_by_week_and_month(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User, kind: str
    ) -> None:
        gateway.bank.publish()
        page = visit(ada, "statistics")
        segmented(page, 0).set_value(kind).run()
        assert not page.exception
        name = str(page.selectbox(key=f"stats_period_{kind}").value)
        assert name.startswith("Week of") or name == f"{datetime.now(UTC):%B %Y}"

    def test_shows_every_metric_of_the_catalogue_and_a_new_one_by_itself(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User
    ) -> None:
        gateway.bank.publish()
        page = visit(ada, "statistics")
        for metric in gateway.bank.catalogue():
            assert metric["definition"] in texts(page).replace("&#x27;", "'")
        assert "Lucky" not in texts(page)
        gateway.bank.extra_metrics.append(
            {"name": "lucky", "label": "Lucky <b>", "definition": "As analysts define it.", "unit": "count"}
        )
        page.run()
        assert "Lucky &lt;b&gt;" in texts(page)
        assert "As analysts define it." in texts(page)
        page.selectbox(key="stats_metric").set_value("lucky").run()
        assert not page.exception

    def test_newer_figures_show_by_themselves(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User
    ) -> None:
        """What the polling fragment does when a publication has come since the page was drawn."""
        page = visit(ada, "statistics")
        gateway.bank.publish()
        page.run()
        assert "Complete through today at" in texts(page)
        assert "€70.00" in texts(page)

    def test_an_account_that_the_statistics_do_not_know_yet_waits(
        self, visit: Page, gateway: FakeGateway, ada: User
    ) -> None:
        gateway.bank.publish()
        gateway.bank.open_account(ada["user_id"], "savings", "EUR")
        assert "on their way" in texts(visit(ada, "statistics"))
        gateway.fail("/stats/daily", 404)
        assert "on their way" in texts(visit(ada, "statistics"))


class TestFreshness:
    NOW = datetime(2026, 11, 22, 15, 10, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (Status(), "The first statistics are being prepared."),
            (
                Status(datetime(2026, 11, 22, 15, 4, 5, tzinfo=UTC), "r"),
                "Complete through today at 15:04:05",
            ),
            (
                Status(datetime(2026, 11, 22, 15, 4, 5, tzinfo=UTC), "r", "refused"),
                "Complete through today at 15:04:05. The latest refresh did not pass our proofs; these are the "
                "last good figures.",
            ),
        ],
    )
    def test_is_said_in_words(self, status: Status, said: str) -> None:
        assert figures.freshness_text(status, self.NOW) == said


class TestValues:
    @pytest.mark.parametrize(
        ("unit", "value", "text"),
        [
            ("minor_units", 123456, "€1,234.56"),
            ("minor_units", None, "—"),
            ("count", 1234, "1,234"),
            ("days", 1, "1 day"),
            ("days", 3, "3 days"),
        ],
    )
    def test_read_by_their_unit(self, unit: str, value: int | None, text: str) -> None:
        assert value_text(Metric("m", "M", "", unit), value, "EUR") == text
