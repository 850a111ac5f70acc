"""README's walk through adding a statistic, done word for word: from the two pieces of text to the app's chart."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar.testing import TestClient
from streamlit.testing.v1 import AppTest

from api.stats.app import create_app
from api.stats.settings import StatsSettings
from pipelines.transform.errors import TransformError
from tests.cluster import REPOSITORY, Databases
from tests.pipelines.ledger import Ledger
from tests.pipelines.steps import Steps
from tests.stats.world import ISSUER, Api, Person, World, key_source
from tests.ui.conftest import segmented
from tests.ui.fake_gateway import FACTS
from tests.warehouse.dbt import PROJECT
from ui.clients.accounts import Facts
from ui.clients.http import Gateway
from ui.clients.stats import StatsClient

pytestmark = pytest.mark.slow

TODAY = datetime.combine(datetime.now(UTC).date(), time(), UTC)
OPENED, BUSY = TODAY - timedelta(days=2), TODAY - timedelta(days=1)


def analysts_section() -> str:
    """README's section for analysts."""
    text = (REPOSITORY / "README.md").read_text()
    return text.partition("## For analysts")[2].partition("\n## ")[0]


def block(language: str) -> str:
    """The section's one code block of that language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", analysts_section(), re.DOTALL)
    return str(found)


def add_statistic(project: Path) -> None:
    """What README tells an analyst to do, and nothing else."""
    model, words = project / "models/marts/stats_daily.sql", project / "models/marts/_stats.yml"
    before, select, _ = model.read_text().rpartition("\nselect\n")
    assert select
    model.write_text(f"{before}\n{block('sql')}")
    daily, weekly, after = words.read_text().partition("\n  - name: stats_weekly\n")
    assert weekly
    words.write_text(f"{daily.rstrip()}\n{block('yaml')}{weekly}{after}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project."""
    folder = tmp_path_factory.mktemp("readme") / "warehouse"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("target", "logs"))
    return folder


@pytest.fixture(scope="module")
def steps(module_databases: Databases, project: Path) -> Steps:
    """The pipeline with the project's copy, on a bank of its own."""
    return Steps(module_databases, project.parent / "dbt", project)


@pytest.fixture(scope="module")
def account_id(module_databases: Databases, steps: Steps) -> UUID:
    """An account with a quiet day, a busy one and an idle one, published before the project changed."""
    ledger = Ledger(module_databases.superuser_url())
    account = ledger.open_account(opened_at=OPENED)
    ledger.deposit(account, 500, at=OPENED + timedelta(hours=1))
    for hour, amount in enumerate((100_000, 99_999, 250_000, -150_000), start=1):
        ledger.deposit(account, amount, at=BUSY + timedelta(hours=hour))
    steps.refresh()
    return account


@pytest.fixture(scope="module")
def analyst(module_databases: Databases) -> Iterator[Person]:
    """Someone who may read the statistics of any account."""
    world = World(module_databases)
    yield world.person("analyst")
    world.close()


@pytest.fixture(scope="module")
def api(module_databases: Databases) -> Iterator[Api]:
    """The stats service."""
    settings = StatsSettings(
        database_url=module_databases.url("stats_app"), gateway_url=ISSUER, issuer=ISSUER, pool_size=2
    )
    with TestClient(create_app(settings, key_source)) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def published(api: Api, analyst: Person, account_id: UUID, project: Path, steps: Steps) -> None:
    """The statistic added, and the next run published; before, nobody knew it."""
    assert "large_inflow_count" not in api.get("/stats/metrics", analyst).text
    add_statistic(project)
    steps.refresh()


@pytest.mark.usefixtures("published")
class TestAddedStatistic:
    def test_is_in_the_catalogue_with_its_words(self, api: Api, analyst: Person) -> None:
        added = [
            m for m in api.get("/stats/metrics", analyst).json()["items"] if m["name"] == "large_inflow_count"
        ]
        (metric,) = added
        assert metric["label"] == "Large payments in"
        assert metric["definition"] == "Number of payments in of 1,000.00 or more."
        assert metric["plain"] == metric["definition"]
        assert (metric["unit"], metric["periods"]) == ("count", ["daily"])

    def test_has_its_values_also_on_an_idle_day(self, api: Api, analyst: Person, account_id: UUID) -> None:
        parameters = {"account_id": str(account_id), "from": f"{OPENED:%F}", "to": f"{TODAY:%F}"}
        items = api.get("/stats/daily", analyst, parameters).json()["items"]
        values = {item["period_start"]: item["metrics"]["large_inflow_count"] for item in items}
        assert values == {f"{OPENED:%F}": 0, f"{BUSY:%F}": 2, f"{TODAY:%F}": 0}

    def test_other_periods_go_without(self, api: Api, analyst: Person, account_id: UUID) -> None:
        items = api.get("/stats/monthly", analyst, {"account_id": str(account_id)}).json()["items"]
        assert items
        assert all("large_inflow_count" not in item["metrics"] for item in items)

    def test_is_a_figure_of_the_app_with_its_chart(
        self, api: Api, analyst: Person, account_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def forward(request: httpx.Request) -> httpx.Response:
            answer = api.client.get(request.url.raw_path.decode(), headers=dict(analyst.headers))
            return httpx.Response(answer.status_code, content=answer.content)

        gateway = Gateway(ISSUER, transport=httpx.MockTransport(forward))
        monkeypatch.setattr("ui.components.session.browser_handle", lambda: None)
        monkeypatch.setattr("ui.components.facts._known", msgspec.convert(FACTS, Facts))
        monkeypatch.setattr("ui.components.session.stats", lambda: StatsClient(gateway, lambda: "a token"))
        page = AppTest.from_string(
            f"from ui.components import figures\nfigures.show({str(account_id)!r}, 'EUR')", default_timeout=60
        ).run()
        assert not page.exception
        segmented(page, 0).set_value("daily").run()
        figure = page.button(key="stats_figure_large_inflow_count")
        assert figure.label.startswith("Large payments in")
        figure.click().run()
        assert not page.exception
        assert "Number of payments in of 1,000.00 or more." in str([html.value for html in page.html])
        assert page.get("vega_lite_chart")


class TestRefused:
    @pytest.mark.usefixtures("published")
    def test_a_unit_that_nobody_knows(self, project: Path, steps: Steps) -> None:
        words = project / "models/marts/_stats.yml"
        nonsense = block("yaml").replace("unit: count", "unit: furlongs")
        words.write_text(words.read_text().replace(block("yaml"), nonsense))
        with pytest.raises(TransformError, match=r"large_inflow_count: metric\.unit must be one of minor_units"):
            steps.build()
