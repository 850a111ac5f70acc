"""Old runs are deleted."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from sqlalchemy import event

from infra.local.dagster_home import URL_VARIABLE, write_dagster_home
from pipelines import retention
from pipelines.checks import ledger_proofs
from pipelines.retention import delete_old_backfills, delete_old_events, delete_old_runs, retention_of
from pipelines.settings import PipelineSettings
from tests.pipelines import many_runs
from tests.pipelines.conftest import Bank, Pipeline

pytestmark = pytest.mark.slow

SETTINGS = PipelineSettings()


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def finished(pipeline: Pipeline, job: str, times: int = 1) -> list[str]:
    """Runs of a job that have failed."""
    definition = pipeline.defs.resolve_job_def(job)
    runs = [pipeline.instance.create_run_for_job(definition) for _ in range(times)]
    for run in runs:
        pipeline.instance.report_run_failed(run)
    return [run.run_id for run in runs]


def kept(pipeline: Pipeline) -> set[str]:
    return {run.run_id for run in pipeline.instance.get_runs()}


class TestDeleteOldRuns:
    def test_with_all_that_they_left(self, pipeline: Pipeline) -> None:
        old, new = pipeline.run().run_id, pipeline.run().run_id
        (check, *_) = ledger_proofs.check_keys
        storage = pipeline.instance.event_log_storage
        assert delete_old_runs(pipeline.instance, SETTINGS, in_days(13.9)) == 0
        assert len(storage.get_asset_check_execution_history(check, limit=5)) == 2
        assert delete_old_runs(pipeline.instance, SETTINGS, in_days(14.1)) == 1
        assert kept(pipeline) == {new}
        assert pipeline.instance.all_logs(old) == []
        assert pipeline.instance.all_logs(new)
        (left,) = storage.get_asset_check_execution_history(check, limit=5)
        assert left.run_id == new

    def test_more_than_a_page_and_not_the_newest(
        self, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retention, "PAGE", 2)
        *_, newest = finished(pipeline, "refresh", times=6)
        assert delete_old_runs(pipeline.instance, SETTINGS, in_days(15)) == 5
        assert kept(pipeline) == {newest}
        assert delete_old_runs(pipeline.instance, SETTINGS, in_days(15)) == 0

    def test_closes_stay_longer(self, pipeline: Pipeline) -> None:
        _, new = finished(pipeline, "close_daily", times=2)
        assert delete_old_runs(pipeline.instance, SETTINGS, in_days(399)) == 0
        assert delete_old_runs(pipeline.instance, SETTINGS, in_days(401)) == 1
        assert kept(pipeline) == {new}

    def test_what_was_made_and_never_launched(self, pipeline: Pipeline) -> None:
        definition = pipeline.defs.resolve_job_def("refresh")
        pipeline.instance.create_run_for_job(definition)
        newest = pipeline.instance.create_run_for_job(definition).run_id
        assert delete_old_runs(pipeline.instance, SETTINGS, in_days(15)) == 1
        assert kept(pipeline) == {newest}

    def test_not_a_run_at_work(self, pipeline: Pipeline) -> None:
        definition = pipeline.defs.resolve_job_def("refresh")
        runs = [
            pipeline.instance.create_run_for_job(definition, status=dg.DagsterRunStatus.STARTED) for _ in range(2)
        ]
        assert delete_old_runs(pipeline.instance, SETTINGS, in_days(15)) == 0
        assert kept(pipeline) == {run.run_id for run in runs}


class TestSensor:
    def test_says_what_it_did(self, pipeline: Pipeline) -> None:
        answer = retention_of(SETTINGS)(dg.build_sensor_context(instance=pipeline.instance))
        assert isinstance(answer, dg.SkipReason)
        assert answer.skip_message == "Runs deleted: 0."


class TestManyRuns:
    """A bank that ran for long: what is deleted, and what its lists cost after that."""

    RUNS, DAYS = 2000, 20

    @pytest.fixture
    def storage(self, bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
        monkeypatch.setenv(URL_VARIABLE, bank.databases.dagster_url.replace("postgresql", "postgresql+psycopg2"))
        write_dagster_home(tmp_path, tmp_path / "pipelines")
        with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
            yield instance

    def test_are_deleted_and_the_lists_cost_what_they_did(
        self, bank: Bank, storage: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retention, "BUDGET_S", 600.0)
        url = bank.databases.dagster_url
        first = many_runs.run_once(storage)
        many_runs.multiply(url, first, self.RUNS, every_s=self.DAYS * 86_400 / self.RUNS)
        # The first run is the youngest but one; of the copies those of the last 14 days stay.
        stay = self.RUNS * 14 // self.DAYS
        assert delete_old_runs(storage, SETTINGS, datetime.now(UTC)) == self.RUNS - stay
        with psycopg.connect(url, autocommit=True) as connection:
            for table in ("runs", "run_tags", "event_logs", "asset_check_executions"):
                row = connection.execute(
                    f"select count(distinct run_id) from {table} where run_id <> ''"
                ).fetchone()
                assert row == (stay + 1,), table
            connection.execute("vacuum (analyze)")
            for name, look in many_runs.looks(storage).items():
                assert pages(connection, statements(storage, look)) < 40, name
            plan = explain(connection, "delete from asset_check_executions where run_id = 'x'")
            assert "idx_asset_check_executions_run" in str(plan)


def statements(instance: dg.DagsterInstance, look: Callable[[], object]) -> list[tuple[str, Any]]:
    """The statements that a look sends, with their values."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.append((statement, values))

    # The parts of the storage share it.
    engine = instance.run_storage._engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", note)
    try:
        # What Dagster asks once, about its tables, is not the look's.
        look()
        sent.clear()
        look()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert sent
    return sent


def explain(connection: psycopg.Connection, statement: str, values: Any = None) -> dict[str, Any]:
    cursor = psycopg.ClientCursor(connection)
    cursor.execute(f"explain (analyze, buffers, format json) {statement}", values)
    row = cursor.fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def pages(connection: psycopg.Connection, sent: list[tuple[str, Any]]) -> int:
    """How many pages of tables and indexes the statements touch."""
    plans = [explain(connection, statement, values) for statement, values in sent]
    return sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)


class TestEventsOfNoRun:
    def test_old_ones_go_and_each_assets_newest_stays(self, pipeline: Pipeline) -> None:
        keys = [dg.AssetKey("one"), dg.AssetKey("two")]
        for key in (*keys, *keys, keys[0]):
            pipeline.instance.report_runless_asset_event(dg.AssetMaterialization(key))

        def left() -> list[int]:
            return [len(pipeline.instance.fetch_materializations(key, limit=9).records) for key in keys]

        delete_old_events(pipeline.instance, in_days(-1))
        assert left() == [3, 2]
        delete_old_events(pipeline.instance, in_days(1))
        assert left() == [1, 1]


class TestBackfills:
    def test_finished_ones_go_with_their_tags(self, pipeline: Pipeline) -> None:
        for name, status in (("old", BulkActionStatus.COMPLETED_SUCCESS), ("at_work", BulkActionStatus.REQUESTED)):
            pipeline.instance.add_backfill(
                PartitionBackfill(
                    backfill_id=name,
                    status=status,
                    from_failure=False,
                    tags={"why": "test"},
                    backfill_timestamp=datetime.now(UTC).timestamp(),
                    asset_selection=[dg.AssetKey("day")],
                )
            )
        delete_old_backfills(pipeline.instance, in_days(-1))
        assert len(pipeline.instance.get_backfills()) == 2
        delete_old_backfills(pipeline.instance, in_days(1))
        assert [backfill.backfill_id for backfill in pipeline.instance.get_backfills()] == ["at_work"]
