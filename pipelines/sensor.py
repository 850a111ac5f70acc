"""The sensor that starts a refresh within a moment of new rows."""

import time
from datetime import timedelta

import dagster as dg

from pipelines import database
from pipelines.database import Busy
from pipelines.publish.assets import KEY as PUBLICATION
from pipelines.publish.service import Published
from pipelines.schedules import REFRESH, is_active
from pipelines.settings import Databases, PipelineSettings
from pipelines.transform.project import Project
from pipelines.watch import Watcher, advance

# An evaluation looks for this long before it says that nothing is new: so two ticks are written a minute, and new
# rows are still seen at once. The daemon waits for an answer for a minute.
WATCH_S = 25.0
POLL_S = 0.5
# What is no new row (a project that was edited, a mart that was made anew) is looked for this often.
LOOK_S = 3.0
# While a run is at work, and after one that failed.
ACTIVE_POLL_S = 0.1
AFTER_FAILURE_S = 60.0
# How often within the time after which the statistics count as stale.
TOLD_OF = 6


def refresh_sensor_of(settings: PipelineSettings, stale_after_s: int) -> dg.SensorDefinition:
    """The sensor, for the bank of these settings, whose statistics are stale after so many seconds."""

    @dg.sensor(
        name="refresh_sensor",
        job=REFRESH,
        minimum_interval_seconds=1,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a refresh as soon as the ledger has new rows and no run is at work. With none, it"
        " only publishes how far the statistics are complete, without a run.",
    )
    def refresh_sensor(
        context: dg.SensorEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason | dg.SensorResult:
        databases = Databases.read()
        project = Project.of(settings)
        reason = _watch(context, databases, project)
        if reason is not None:
            context.update_cursor(project.state())
            return dg.RunRequest(tags={"tidemark/reason": reason})
        try:
            published = advance(databases, settings.time_zone, timedelta(seconds=settings.advance_after_s))
        except Busy:
            return dg.SkipReason("A run is at work.")
        if published is None:
            return dg.SkipReason("Nothing is new.")
        return dg.SensorResult(
            skip_reason=f"Nothing is new; complete through {published.complete_through.isoformat()}.",
            asset_events=_materialization(context.instance, published, stale_after_s),
        )

    return refresh_sensor


def _watch(context: dg.SensorEvaluationContext, databases: Databases, project: Project) -> str | None:
    """Why a refresh should start; None when for WATCH_S there was no reason or no room."""
    end = time.monotonic() + WATCH_S
    with (
        database.connect(databases.source_url) as source,
        database.connect(databases.warehouse_url) as warehouse,
        database.connect(databases.publish_url) as bank,
    ):
        watcher = Watcher(source, warehouse, bank)
        while time.monotonic() < end:
            has_changed = project.state() != context.cursor
            reason = watcher.reason() or ("The dbt project has changed." if has_changed else None)
            if reason is None:
                watcher.wait(LOOK_S, POLL_S)
            elif is_active(context.instance) or _has_just_failed(context.instance):
                time.sleep(ACTIVE_POLL_S)
            else:
                return reason
    return None


def _materialization(
    instance: dg.DagsterInstance, published: Published, stale_after_s: int
) -> list[dg.AssetMaterialization]:
    """For Dagster's freshness policy, now and then: by its runs alone an idle bank would look stale."""
    last = instance.get_latest_materialization_event(PUBLICATION)
    if last is None or time.time() - last.timestamp < stale_after_s / TOLD_OF:
        return []
    metadata = {
        "batch_id": dg.MetadataValue.int(published.batch_id),
        "complete_through": dg.MetadataValue.timestamp(published.complete_through),
    }
    return [dg.AssetMaterialization(PUBLICATION, description="Nothing is new.", metadata=metadata)]


def _has_just_failed(instance: dg.DagsterInstance) -> bool:
    """Whether the last refresh failed a moment ago: the next would, most likely, in the same way."""
    records = instance.get_run_records(dg.RunsFilter(job_name=REFRESH.name), limit=1)
    if not records or records[0].dagster_run.status != dg.DagsterRunStatus.FAILURE:
        return False
    return time.time() - (records[0].end_time or 0) < AFTER_FAILURE_S
