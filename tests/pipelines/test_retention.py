"""Old runs are deleted."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from pipelines import retention
from pipelines.proofs.checks import ledger_proofs
from pipelines.retention import delete_old_runs, retention_of
from pipelines.settings import PipelineSettings
from tests.pipelines.conftest import Pipeline

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
