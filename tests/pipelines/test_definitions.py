"""The whole pipeline through Dagster, on a small ledger."""

import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines import closing, database, resources
from pipelines.extract.run import reload
from pipelines.proofs.catalogue import NAMES
from pipelines.settings import CHECKOUT
from tests.pipelines.conftest import Pipeline
from tests.pipelines.ledger import later

RUNS = "select kind, outcome, error from stats.run order by started_at"
PUBLISHED = (
    "select count(*), (select sum((metrics ->> 'transaction_count')::int) from stats.stats) from stats.publication"
)


class TestDefinitions:
    def test_load_without_any_database(self, dbt_target: Path) -> None:
        loaded = subprocess.run(
            [
                sys.executable,
                "-c",
                "from pipelines.definitions import defs; print(*sorted(job.name for job in defs.jobs))",
            ],
            cwd=CHECKOUT,
            env={"TIDEMARK_DBT_TARGET": str(dbt_target), "TIDEMARK_TIME_ZONE": "Europe/Prague"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert loaded.stdout.split() == ["close_daily", "close_monthly", "close_weekly", "refresh"]

    def test_without_a_manifest_say_what_to_do(self, tmp_path: Path) -> None:
        loaded = subprocess.run(
            [sys.executable, "-c", "import pipelines.definitions"],
            cwd=CHECKOUT,
            env={"TIDEMARK_DBT_TARGET": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "run `python -m pipelines.manifest`" in loaded.stderr

    def test_what_an_operator_sees(self, pipeline: Pipeline) -> None:
        graph = pipeline.defs.resolve_asset_graph()
        assert {graph.get(key).group_name for key in graph.get_all_asset_keys()} == {
            *("raw", "staging", "intermediate", "marts", "publication")
        }
        for key in graph.get_all_asset_keys():
            node = graph.get(key)
            assert (node.description or "", node.owners) != ("", [])
            assert node.kinds
        specs = [graph.get_check_spec(key) for key in graph.asset_check_keys]
        assert all(spec.blocking for spec in specs)
        assert {spec.name for spec in specs} > NAMES
        publication = graph.get(dg.AssetKey(["stats", "publication"]))
        assert dg.AssetKey(["marts", "stats_daily"]) in publication.parent_keys
        staged = graph.get(dg.AssetKey(["staging", "stg_ledger__transactions"]))
        assert staged.parent_keys == {dg.AssetKey(["raw", "transaction"])}

    def test_schedules_are_on(self, pipeline: Pipeline) -> None:
        repository = pipeline.defs.get_repository_def()
        assert {
            (schedule.name, schedule.cron_schedule, schedule.default_status.value)
            for schedule in repository.schedule_defs
        } == {
            ("refresh_schedule", "* * * * *", "RUNNING"),
            ("close_daily_schedule", "0 0 * * *", "RUNNING"),
            ("close_weekly_schedule", "0 0 * * 1", "RUNNING"),
            ("close_monthly_schedule", "0 0 1 * *", "RUNNING"),
        }

    @pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
    def test_tick_is_skipped_while_a_run_is_active(
        self, pipeline: Pipeline, status: dg.DagsterRunStatus, tmp_path: Path
    ) -> None:
        job = pipeline.defs.resolve_job_def("refresh")
        schedule = pipeline.defs.get_repository_def().get_schedule_def("refresh_schedule")
        with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
            context = dg.build_schedule_context(instance=instance)
            assert isinstance(schedule(context), dg.RunRequest)
            instance.create_run_for_job(job, status=status)
            assert isinstance(schedule(context), dg.SkipReason)


@pytest.mark.slow
class TestRefresh:
    def test_publishes_what_the_ledger_holds(self, pipeline: Pipeline) -> None:
        ledger, bank = pipeline.bank.ledger, pipeline.bank
        one, two = ledger.open_account(), ledger.open_account()
        ledger.deposit(one, 10_000, at=later(hours=1))
        ledger.transfer(one, two, 2_500, at=later(days=1))

        result = pipeline.run()

        assert result.success
        assert bank.published(PUBLISHED) == [(1, 9)]
        assert bank.published(RUNS) == [("refresh", "published", None)]
        proofs = bank.published(
            "select count(*) from stats.publication, jsonb_array_elements(proofs) as p "
            "where (p ->> 'passed')::bool"
        )
        assert proofs == [(len(NAMES),)]
        [made] = result.asset_materializations_for_node("stats__publication")
        assert {"rows", "batch_id", "complete_through", "lag_s"} <= set(made.metadata)
        assert len(result.get_asset_check_evaluations()) > len(NAMES)

        assert pipeline.run().success
        assert bank.published(PUBLISHED) == [(2, 9)]

    def test_refused_when_the_copy_is_wrong_and_mended_by_a_reload(self, pipeline: Pipeline) -> None:
        ledger, bank = pipeline.bank.ledger, pipeline.bank
        account = ledger.open_account()
        ledger.deposit(account, 10_000, at=later(hours=1))
        assert pipeline.run().success
        good = bank.published("select id, complete_through from stats.publication")
        with database.connect(bank.warehouse_url) as warehouse:
            warehouse.execute(
                "create function public.lie() returns trigger language plpgsql as "
                "$$ begin new.amount := new.amount + 1; return new; end $$"
            )
            warehouse.execute(
                "create trigger lie before insert on raw.transaction for each row execute function public.lie()"
            )
        ledger.deposit(account, 500)

        assert not pipeline.run().success

        [row] = bank.published("select outcome, error from stats.run order by started_at desc limit 1")
        assert row[0] == "refused"
        assert f"account {account}, 2: expected 10501, found 10500" in str(row[1])
        assert bank.published("select id, complete_through from stats.publication") == good
        assert bank.published(PUBLISHED) == [(1, 3)]

        with database.connect(bank.warehouse_url) as warehouse:
            warehouse.execute("drop trigger lie on raw.transaction")
        # The lie stays in the copy, so the next run is refused too, until the copy is made anew.
        assert not pipeline.run().success
        reload(bank.source_url, bank.warehouse_url)
        assert pipeline.run().success
        assert bank.published(PUBLISHED) == [(2, 6)]

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

    def test_publication_alone_is_refused(self, pipeline: Pipeline) -> None:
        assert not pipeline.run("__ASSET_JOB", [dg.AssetKey(["stats", "publication"])]).success
        [(_, outcome, error)] = pipeline.bank.published(RUNS)
        assert (outcome, str(error).startswith("Not proven in this run: accounts, ")) == ("refused", True)

    def test_waits_for_its_turn(self, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(resources.LOCK_WAIT_S, "refresh", 0.05)
        with database.connect(pipeline.bank.warehouse_url) as other:
            database.lock(other, database.RUN_LOCK, 1)
            assert not pipeline.run().success
        assert pipeline.bank.published(RUNS) == []


@pytest.mark.slow
class TestClose:
    def test_proves_everything_once(self, pipeline: Pipeline) -> None:
        bank = pipeline.bank
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 500, at=later(hours=1))
        assert pipeline.run().success

        first = pipeline.run("close_daily")
        assert first.success
        assert len(first.asset_materializations_for_node("stats__publication")) == 1
        chain = bank.published(
            "select p ->> 'checked' from stats.run, jsonb_array_elements(proofs) as p "
            "where kind = 'close_daily' and p ->> 'name' = 'balance_chain'"
        )
        assert chain == [("1",)]

        second = pipeline.run("close_daily")
        assert second.success
        assert second.asset_materializations_for_node("stats__publication") == []
        assert bank.published("select kind, outcome from stats.run order by started_at") == [
            ("refresh", "published"),
            ("close_daily", "published"),
        ]
        assert bank.published("select kind, run_id from stats.close_claim") == [("close_daily", first.run_id)]

    def test_fails_loudly_when_it_cannot_be_final(
        self, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank = pipeline.bank
        # The day that ends while a transaction that began in it is still open.
        monkeypatch.setattr(closing, "WAIT_S", 0.0)
        with bank.ledger.connect() as writer:
            bank.ledger.deposit(bank.ledger.open_account(), 5, writer=writer)
            row = writer.execute("select clock_timestamp()").fetchone()
            assert row is not None
            monkeypatch.setattr(closing, "start_of", lambda *_: row[0])
            assert not pipeline.run("close_weekly").success
        [(kind, outcome, error)] = bank.published(RUNS)
        assert (kind, outcome) == ("close_weekly", "failed")
        assert "can't be closed" in str(error)

        assert pipeline.run("close_weekly").success
        assert bank.published(PUBLISHED) == [(1, 3)]
