"""A run that is refused or fails: readers keep the last good publication, and no batch is lost."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from litestar.testing import TestClient

from api.stats.app import create_app
from api.stats.settings import StatsSettings
from pipelines import database
from pipelines.extract.service import reload
from pipelines.settings import CHECKOUT
from tests.pipelines.conftest import Bank, Pipeline
from tests.pipelines.ledger import later
from tests.stats.world import ISSUER, Api, Person, World, key_source

RUNS = "select kind, outcome, error from pipeline.run order by started_at"
PUBLISHED = """
    select count(*), (select sum((metrics ->> 'transaction_count')::int) from stats.stats)
    from pipeline.publication
"""


@dataclass(frozen=True)
class Readers:
    """An analyst at the stats API."""

    api: Api
    analyst: Person

    def figures(self, account: object) -> dict[str, Any]:
        return self._get("/stats/daily", {"account_id": str(account), "to": "2024-03-10"})

    def status(self) -> dict[str, Any]:
        return self._get("/stats/status", {})

    def _get(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        answer = self.api.get(path, self.analyst, params)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def readers(bank: Bank) -> Iterator[Readers]:
    """The stats service over the same bank."""
    world = World(bank.databases)
    settings = StatsSettings(database_url=bank.databases.url("stats_app"), gateway_url=ISSUER, issuer=ISSUER)
    with TestClient(create_app(settings, key_source)) as client:
        yield Readers(Api(client), world.person("analyst"))
    world.close()


@pytest.mark.slow
class TestRefused:
    def test_refused_when_the_copy_is_wrong_and_mended_by_a_reload(
        self, pipeline: Pipeline, readers: Readers
    ) -> None:
        ledger, bank = pipeline.bank.ledger, pipeline.bank
        account = ledger.open_account()
        ledger.deposit(account, 10_000, at=later(hours=1))
        assert pipeline.run().success
        good = bank.published("select id, complete_through from pipeline.publication")
        shown = readers.figures(account)
        with database.connect(bank.warehouse_url) as warehouse:
            warehouse.execute(
                "create function public.lie() returns trigger language plpgsql as "
                "$$ begin new.amount := new.amount + 1; return new; end $$"
            )
            warehouse.execute(
                "create trigger lie before insert on raw.transaction for each row execute function public.lie()"
            )
        ledger.deposit(account, 500)

        refused = pipeline.run()

        assert not refused.success
        [row] = bank.published("select outcome, error from pipeline.run order by started_at desc limit 1")
        assert row[0] == "refused"
        assert f"account {account}, 2: expected 10501, found 10500" in str(row[1])
        assert bank.published("select id, complete_through from pipeline.publication") == good
        assert bank.published(PUBLISHED) == [(1, 3)]
        checks = {check.check_name: check for check in refused.get_asset_check_evaluations()}
        assert not checks["balance_chain"].passed
        assert str(account) in str(checks["balance_chain"].metadata["failures"].value)
        assert readers.figures(account) == shown
        status = readers.status()
        assert (status["state"], status["run_id"]) == ("refused", shown["run_id"])
        assert status["last_run"]["run_id"] == refused.run_id
        assert {"balance_chain", "ledger_balance"} <= set(status["last_run"]["proofs"]["failed"])
        assert f"account {account}, 2: expected 10501, found 10500" in status["last_run"]["error"]

        with database.connect(bank.warehouse_url) as warehouse:
            warehouse.execute("drop trigger lie on raw.transaction")
        # The lie stays in the copy, so the next run is refused too, until the copy is made anew.
        assert not pipeline.run().success
        reload(bank.source_url, bank.warehouse_url)
        assert pipeline.run().success
        assert bank.published(PUBLISHED) == [(2, 6)]
        assert (readers.status()["state"], len(readers.figures(account)["items"]) > 0) == ("current", True)

    def test_wrong_day_of_the_bank_is_published_to_nobody(self, pipeline: Pipeline, readers: Readers) -> None:
        bank = pipeline.bank
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 500)
        assert pipeline.run().success
        good = bank.published("select date, currency, metrics from stats.bank_daily")
        with database.connect(bank.warehouse_url) as warehouse:
            warehouse.execute(
                "create function public.lie() returns trigger language plpgsql as "
                "$$ begin new.inflow := new.inflow + 12345; return new; end $$"
            )
            warehouse.execute(
                "create trigger lie before insert on marts.bank_daily for each row execute function public.lie()"
            )
        bank.ledger.deposit(account, 5)

        for job in ("refresh", "close_daily"):
            refused = pipeline.run(job)
            assert not refused.success
            failed = {c.check_name for c in refused.get_asset_check_evaluations() if not c.passed}
            # The second time it is known, too.
            assert failed - {"history"} == {"bank_daily"}
        assert bank.published("select date, currency, metrics from stats.bank_daily") == good
        assert readers.status()["state"] == "refused"

    def test_failed_data_test_is_a_refusal(
        self, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = tmp_path / "warehouse"
        shutil.copytree(CHECKOUT / "warehouse", project)
        (project / "tests" / "never_content.sql").write_text("select 1 from {{ ref('accounts') }}")
        monkeypatch.setenv("TIDEMARK_DBT_PROJECT", str(project))
        pipeline.bank.ledger.open_account()

        assert not pipeline.run().success

        [(_, outcome, error)] = pipeline.bank.published(RUNS)
        assert (outcome, str(error).startswith("test never_content:")) == ("refused", True)
        assert pipeline.bank.published(PUBLISHED) == [(0, None)]

    def test_publication_alone_is_refused(self, pipeline: Pipeline) -> None:
        assert not pipeline.run("__ASSET_JOB", [dg.AssetKey(["stats", "publication"])]).success
        [(_, outcome, error)] = pipeline.bank.published(RUNS)
        assert (outcome, str(error).startswith("Not proven in this run: accounts, ")) == ("refused", True)


@pytest.mark.slow
class TestFailed:
    def test_failed_model_loses_no_batch(
        self, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = pipeline.bank
        project = tmp_path / "warehouse"
        shutil.copytree(CHECKOUT / "warehouse", project)
        with (project / "models" / "marts" / "stats_monthly.sql").open("a") as model:
            model.write(" broken")
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 500, at=later(hours=1))
        with monkeypatch.context() as broken:
            broken.setenv("TIDEMARK_DBT_PROJECT", str(project))
            assert not pipeline.run().success
        [(_, outcome, error)] = bank.published(RUNS)
        assert (outcome, "stats_monthly" in str(error)) == ("failed", True)
        bank.ledger.deposit(account, 600, at=later(hours=2))

        assert pipeline.run().success
        assert bank.published(PUBLISHED) == [(1, 6)]
