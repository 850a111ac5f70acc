"""Deletes Dagster's old runs, with their events, checks and logs: Dagster itself keeps them all."""

import time
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from pipelines.schedules import CLOSES, JOBS
from pipelines.settings import PipelineSettings

EVERY_S = 600
# An evaluation ends long before the daemon gives it up; what is left over comes the next time.
BUDGET_S = 20.0
PAGE = 50
# What an operator starts asset by asset.
BY_HAND = "__ASSET_JOB"
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def retention_of(settings: PipelineSettings) -> dg.SensorDefinition:
    """The sensor. It needs no run, which would hold up a refresh and leave more than it takes."""

    @dg.sensor(
        name="retention",
        minimum_interval_seconds=EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Deletes runs after {settings.keep_runs_days} days, closes after {settings.keep_closes_days},"
        " with their events and logs. Each job's newest run stays.",
    )
    def retention(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return dg.SkipReason(f"Runs deleted: {delete_old_runs(context.instance, settings, datetime.now(UTC))}.")

    return retention


def delete_old_runs(instance: dg.DagsterInstance, settings: PipelineSettings, now: datetime) -> int:
    """Deletes finished runs that are older by `now` than the settings say, and gives their number."""
    end, deleted = time.monotonic() + BUDGET_S, 0
    for job in (*JOBS, BY_HAND):
        days = settings.keep_closes_days if job in CLOSES else settings.keep_runs_days
        old = dg.RunsFilter(job_name=job, statuses=FINISHED, created_before=now - timedelta(days=days))
        newest = {run.run_id for run in instance.get_runs(dg.RunsFilter(job_name=job), limit=1)}
        while time.monotonic() < end:
            run_ids = [run.run_id for run in instance.get_runs(old, limit=PAGE, ascending=True)]
            doomed = [run_id for run_id in run_ids if run_id not in newest]
            for run_id in doomed:
                _delete(instance, run_id)
            deleted += len(doomed)
            if len(doomed) < PAGE:
                break
    return deleted


def _delete(instance: dg.DagsterInstance, run_id: str) -> None:
    # The run's row goes last: cut off before that, it is found again.
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as connection:
            connection.execute(
                AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run_id)
            )
    storage.delete_events(run_id)
    instance.delete_run(run_id)
