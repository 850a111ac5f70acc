"""The statistics page: tiles, every metric, spreadsheets, and the wait for the first figures."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import Page, segmented, texts
from tests.ui.fake_gateway import FakeGateway
from ui.clients.stats import CountedTransaction, Metric, PeriodFigures, Status
from ui.components import behind, charts, figures, freshness
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


def figure(page: AppTest, name: str) -> str:
    """A figure as it reads, without the marks that disarm it."""
    return str(page.button(key=f"stats_figure_{name}").label).replace("\\", "")


def by_day(page: AppTest) -> AppTest:
    return segmented(page, 0).set_value("daily").run()


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
        assert f"{datetime.now(UTC):%B %Y} so far: " in said
        assert len(page.get("vega_lite_chart")) == 3
        assert figure(page, "closing_balance") == "Closing balance **€70.00**"

    def test_a_period_that_is_over_is_final(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User
    ) -> None:
        gateway.bank.publish()
        page = by_day(visit(ada, "statistics"))
        first = datetime.now(UTC).date() - timedelta(days=2)
        page.selectbox(key="stats_period_daily").set_value(first).run()
        said = texts(page)
        assert "its figures can no longer change." in said
        assert "€100.00 came in and €0.00 went out, €100.00 more than at the start." in said

    @pytest.mark.parametrize("kind", ["weekly", "daily"])
    def test_by_week_and_day(self, visit: Page, gateway: FakeGateway, ada: User, account: User, kind: str) -> None:
        gateway.bank.publish()
        page = visit(ada, "statistics")
        segmented(page, 0).set_value(kind).run()
        assert not page.exception
        newest = page.selectbox(key=f"stats_period_{kind}").value
        assert isinstance(newest, date)
        assert newest <= datetime.now(UTC).date() < newest + timedelta(days=7 if kind == "weekly" else 1)

    def test_shows_every_metric_of_the_catalogue_and_a_new_one_by_itself(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User
    ) -> None:
        gateway.bank.publish()
        page = visit(ada, "statistics")
        for metric in gateway.bank.catalogue():
            button = page.button(key=f"stats_figure_{metric['name']}")
            assert button.label.startswith(metric["label"])
            assert button.help.replace("\\", "") == metric["plain"]
        assert "Lucky" not in texts(page)
        gateway.bank.extra_metrics.append(
            {"name": "lucky", "label": "Lucky <b>", "definition": "As analysts define it.", "unit": "count"}
        )
        page.run()
        assert figure(page, "lucky") == "Lucky <b> **7**"
        page.button(key="stats_figure_lucky").click().run()
        assert not page.exception
        assert "As analysts define it." in texts(page)

    def test_newer_figures_show_by_themselves(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User
    ) -> None:
        """What the polling fragment does when a publication has come since the page was drawn."""
        page = visit(ada, "statistics")
        gateway.bank.publish()
        page.run()
        assert "Complete through today at" in texts(page)
        assert "€70.00" in figure(page, "closing_balance")

    def test_an_account_that_the_statistics_do_not_know_yet_waits(
        self, visit: Page, gateway: FakeGateway, ada: User
    ) -> None:
        gateway.bank.publish()
        gateway.bank.open_account(ada["user_id"], "savings", "EUR")
        assert "on their way" in texts(visit(ada, "statistics"))
        gateway.fail("/stats/monthly", 404)
        assert "on their way" in texts(visit(ada, "statistics"))


class TestHeadline:
    def item(self, came: int, went: int, status: str) -> PeriodFigures:
        metrics: dict[str, int | None] = {"inflow": came, "outflow": went}
        return PeriodFigures("a", date(2026, 11, 1), date(2026, 12, 1), status, metrics)

    @pytest.mark.parametrize(
        ("came", "went", "status", "said"),
        [
            (500, 200, "final", "November 2026: €5.00 came in and €2.00 went out, €3.00 more than at the start."),
            (0, 200, "provisional", "November 2026 so far: €0.00 came in and €2.00 went out, €2.00 less than at"),
            (200, 200, "final", "November 2026: €2.00 came in and just as much went out."),
            (0, 0, "provisional", "November 2026 so far: nothing came in and nothing went out."),
        ],
    )
    def test_says_the_period_in_one_sentence(self, came: int, went: int, status: str, said: str) -> None:
        assert figures.sentence(self.item(came, went, status), "monthly", "EUR").startswith(said)


class TestNewer:
    def test_movements_that_are_not_in_yet_are_named(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User
    ) -> None:
        gateway.bank.publish()
        for _ in range(2):
            gateway.bank.move("deposit", "external:cash", account["account_id"], 100, None)
        assert "2 newer movements, in by" in texts(visit(ada, "statistics"))

    def test_with_a_time_that_is_still_to_come(self) -> None:
        now = datetime(2026, 11, 27, 9, 29, 58, tzinfo=UTC)
        assert freshness.newer(2, Status(now, "r"), now) == "2 newer movements, in by 09:31"
        assert freshness.newer(1, Status(now, "r", "failed"), now).endswith("with the next refresh")
        assert freshness.newer(0, Status(now, "r"), now) == ""


class TestBehind:
    def test_each_figure_is_counted_once_more(
        self, visit: Page, gateway: FakeGateway, ada: User, account: User
    ) -> None:
        gateway.bank.publish()
        page = by_day(visit(ada, "statistics"))
        for name in ("closing_balance", "opening_balance", "inflow", "outflow", "net_change", "transaction_count"):
            page.button(key=f"stats_figure_{name}").click().run()
            said = texts(page)
            assert "equals the figure" in said, name
            assert "differs" not in said, name
            assert f"/account?account={account['account_id']}&amp;movement=" in said or name == "inflow"

    def test_says_when_they_do_not_come_to_it(self, gateway: FakeGateway, account: User) -> None:
        line = gateway.bank.lines[account["account_id"]][-1]
        metrics: dict[str, int | None] = {"outflow": 3001}
        item = PeriodFigures(account["account_id"], date(2026, 11, 1), date(2026, 11, 2), "final", metrics)
        rows = [msgspec.convert(line, CountedTransaction)]
        said = behind.table(rows, item, Metric("outflow", "Money out", "", "minor_units"), "EUR")
        assert "differs from the figure" in said
        assert "€30.00" in said


class TestCharts:
    def test_show_the_figures_of_the_api(self) -> None:
        days: tuple[tuple[int, str, dict[str, int | None]], ...] = (
            (1, "final", {"inflow": 10_000, "outflow": 0}),
            (2, "provisional", {"inflow": 350_001, "outflow": 1234}),
        )
        items = [
            PeriodFigures("a", date(2026, 11, day), date(2026, 11, day + 1), status, metrics)
            for day, status, metrics in days
        ]
        for name, shown in (("inflow", [100.0, 3500.01]), ("outflow", [0.0, 12.34])):
            metric = Metric(name, name, "", "minor_units")
            chart = charts.bars(items, "daily", metric, "EUR", height=100).to_dict()
            (rows,) = chart["datasets"].values()
            assert [row["value"] for row in rows] == shown
            assert [row["status"] for row in rows] == ["final", "provisional"]
        assert rows[1]["text"] == "€12.34"


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
        assert freshness.sentence(status, self.NOW) == said


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
