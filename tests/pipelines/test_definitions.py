"""The whole pipeline through Dagster, on a small ledger."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines import database, resources
from pipelines.extract import assets, closing
from pipelines.proofs.catalogue import NAMES
from pipelines.schedules import schedules_of
from pipelines.settings import CHECKOUT, PipelineSettings
from tests.pipelines.conftest import Pipeline
from tests.pipelines.ledger import later

pytestmark = pytest.mark.slow

RUNS = "select kind, outcome, error from pipeline.run order by started_at"
PUBLISHED = """
    select count(*), (select sum((metrics ->> 'transaction_count')::int) from stats.stats)
    from pipeline.publication
"""


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
        assert loaded.stdout.split() == [*("backfill", "close_daily", "close_monthly", "close_weekly", "refresh")]

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
            assert "select" not in (node.description or "").lower()
            assert node.kinds
        specs = [graph.get_check_spec(key) for key in graph.asset_check_keys]
        assert all(spec.blocking for spec in specs)
        assert {spec.name for spec in specs} > NAMES
        daily = graph.get(dg.AssetKey(["marts", "stats_daily"])).description or ""
        assert daily.startswith("One row per account and day with a transaction.")
        publication = graph.get(dg.AssetKey(["stats", "publication"]))
        assert {key.name for key in publication.check_keys} == NAMES
        assert dg.AssetKey(["marts", "stats_daily"]) in publication.parent_keys
        assert publication.freshness_policy == dg.FreshnessPolicy.time_window(
            fail_window=timedelta(minutes=15), warn_window=timedelta(minutes=5)
        )
        staged = graph.get(dg.AssetKey(["staging", "stg_ledger__transactions"]))
        assert staged.parent_keys == {dg.AssetKey(["raw", "transaction"])}

    def test_schedules_are_on(self, pipeline: Pipeline) -> None:
        repository = pipeline.defs.get_repository_def()
        assert {
            (schedule.name, schedule.cron_schedule, schedule.default_status.value)
            for schedule in repository.schedule_defs
        } == {
            ("close_daily_schedule", "0 0 * * *", "RUNNING"),
            ("close_weekly_schedule", "0 0 * * 1", "RUNNING"),
            ("close_monthly_schedule", "0 0 1 * *", "RUNNING"),
        }

    def test_schedules_are_off_where_something_else_starts_the_closes(self) -> None:
        schedules = schedules_of(PipelineSettings.read({"TIDEMARK_CLOSE_SCHEDULES": "false"}))
        assert [schedule.default_status.value for schedule in schedules] == ["STOPPED"] * 3

    def test_jobs_end_in_time_and_are_started_anew_after_a_kill_alone(self, pipeline: Pipeline) -> None:
        for name, priority in (("refresh", "0"), ("close_daily", "0"), ("close_monthly", "0"), ("backfill", "-1")):
            tags = pipeline.defs.resolve_job_def(name).run_tags
            assert tags == {
                "tidemark/kind": name,
                "dagster/priority": priority,
                "dagster/max_runtime": "3600",
                "dagster/max_retries": "2",
                "dagster/retry_on_asset_or_op_failure": "false",
                "dagster/retry_strategy": "ALL_STEPS",
            }

    def test_backfill_is_by_the_banks_day(self, pipeline: Pipeline) -> None:
        days = pipeline.defs.resolve_job_def("backfill").partitions_def
        assert isinstance(days, dg.DailyPartitionsDefinition)
        assert (days.timezone, days.get_first_partition_key()) == ("UTC", "2000-01-01")
        today = datetime.now(UTC).date()
        assert days.get_last_partition_key() in (str(today), str(today - timedelta(days=1)))


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
            "select count(*) from pipeline.publication, jsonb_array_elements(proofs) as p "
            "where (p ->> 'passed')::bool"
        )
        assert proofs == [(len(NAMES),)]
        [made] = result.asset_materializations_for_node("stats__publication")
        assert {"rows", "batch_id", "complete_through", "lag_s"} <= set(made.metadata)
        for step in ("extract", "dbt_models"):
            for each in result.asset_materializations_for_node(step):
                assert {"batch_id", "watermark", "complete_through", "lag_s"} <= set(each.metadata)
        carried = [
            check
            for check in result.get_asset_check_evaluations()
            if check.asset_key.path == ["stats", "publication"]
        ]
        assert {(check.check_name, check.passed) for check in carried} == {(name, True) for name in NAMES}
        assert all("checked" in check.metadata for check in carried)

        assert pipeline.run().success
        assert bank.published(PUBLISHED) == [(2, 9)]

    def test_waits_for_its_turn(self, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(resources.LOCK_WAIT_S, "refresh", 0.05)
        with database.connect(pipeline.bank.warehouse_url) as other:
            database.lock(other, database.RUN_LOCK, 1)
            assert not pipeline.run().success
        assert pipeline.bank.published(RUNS) == []


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
            "select p ->> 'checked' from pipeline.run, jsonb_array_elements(proofs) as p "
            "where kind = 'close_daily' and p ->> 'name' = 'balance_chain'"
        )
        assert chain == [("1",)]

        second = pipeline.run("close_daily")
        assert second.success
        assert second.asset_materializations_for_node("stats__publication") == []
        assert bank.published("select kind, outcome from pipeline.run order by started_at") == [
            ("refresh", "published"),
            ("close_daily", "published"),
        ]
        assert bank.published("select kind, run_id from pipeline.close_claim") == [("close_daily", first.run_id)]

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
            monkeypatch.setattr(assets, "day_start", lambda *_: row[0])
            assert not pipeline.run("close_weekly").success
        [(kind, outcome, error)] = bank.published(RUNS)
        assert (kind, outcome) == ("close_weekly", "failed")
        assert "can't be closed" in str(error)

        assert pipeline.run("close_weekly").success
        assert bank.published(PUBLISHED) == [(1, 3)]
