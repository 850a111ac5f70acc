"""The sensor that starts refreshes."""

import time
from datetime import datetime

import dagster as dg
import pytest

from pipelines import database, sensor
from pipelines.publish.assets import KEY as PUBLICATION
from pipelines.settings import PipelineSettings
from tests.pipelines.conftest import Pipeline
from tests.pipelines.ledger import later

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def short_watch(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.connect(pipeline.bank.warehouse_url) as warehouse:
        database.prepare(warehouse)
    monkeypatch.setattr(sensor, "WATCH_S", 0.6)
    monkeypatch.setattr(sensor, "POLL_S", 0.1)
    monkeypatch.setattr(sensor, "LOOK_S", 0.2)
    monkeypatch.setattr(sensor, "ACTIVE_POLL_S", 0.1)


def tick(pipeline: Pipeline, cursor: str | None = None) -> tuple[dg.RunRequest | dg.SkipReason, str | None]:
    """One evaluation: what it asks for, and its cursor."""
    context = dg.build_sensor_context(instance=pipeline.instance, cursor=cursor)
    answer = pipeline.defs.get_repository_def().get_sensor_def("refresh_sensor")(context)
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer, context.cursor


class TestRefreshSensor:
    def test_asks_for_a_run_and_once_it_is_published_for_none(self, pipeline: Pipeline) -> None:
        pipeline.bank.ledger.deposit(pipeline.bank.ledger.open_account(), 10_000, at=later(hours=1))
        first, cursor = tick(pipeline)
        assert isinstance(first, dg.RunRequest)
        assert first.tags["tidemark/reason"] == "Nothing was extracted yet."
        assert pipeline.run().success
        assert isinstance(tick(pipeline, cursor)[0], dg.SkipReason)

    def test_asks_for_a_run_when_the_project_has_changed(self, pipeline: Pipeline) -> None:
        assert pipeline.run().success
        asked, cursor = tick(pipeline, cursor="another state of the project")
        assert isinstance(asked, dg.RunRequest)
        assert asked.tags["tidemark/reason"] == "The dbt project has changed."
        assert cursor != "another state of the project"

    @pytest.mark.parametrize("job", ["refresh", "close_daily", "backfill"])
    def test_waits_while_a_run_is_active(self, pipeline: Pipeline, job: str) -> None:
        pipeline.instance.create_run_for_job(
            pipeline.defs.resolve_job_def(job), status=dg.DagsterRunStatus.STARTED
        )
        assert isinstance(tick(pipeline)[0], dg.SkipReason)

    def test_waits_for_a_while_after_a_run_that_failed(
        self, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = pipeline.instance.create_run_for_job(pipeline.defs.resolve_job_def("refresh"))
        pipeline.instance.report_run_failed(run)
        assert isinstance(tick(pipeline)[0], dg.SkipReason)
        monkeypatch.setattr(sensor, "AFTER_FAILURE_S", 0.0)
        time.sleep(0.01)
        assert isinstance(tick(pipeline)[0], dg.RunRequest)

    def test_says_how_far_the_statistics_are_complete(self, pipeline: Pipeline) -> None:
        """In the tick, and now and then to Dagster's freshness policy: an idle bank is not stale."""
        _, cursor = tick(pipeline)
        assert pipeline.run().success
        ran = pipeline.instance.get_latest_materialization_event(PUBLICATION)
        assert ran is not None
        settings = PipelineSettings(advance_after_s=1)
        for stale_after_s, told in ((3600, 0), (1, 1)):
            time.sleep(1)
            context = dg.build_sensor_context(instance=pipeline.instance, cursor=cursor)
            answer = sensor.refresh_sensor_of(settings, stale_after_s)(context)
            assert isinstance(answer, dg.SensorResult)
            assert isinstance(answer.skip_reason, str | dg.SkipReason)
            assert "Nothing is new; complete through 2" in str(answer.skip_reason)
            events = answer.asset_events
            assert [event.asset_key for event in events] == [PUBLICATION] * told
        (row,) = pipeline.bank.published("select max(complete_through) from pipeline.publication")
        assert isinstance(row[0], datetime)
        assert events[0].metadata["complete_through"].value == row[0].timestamp()
