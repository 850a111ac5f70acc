"""Deletes what Dagster itself keeps for ever: old runs with all that they left, events of no run, backfills."""

import time
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterRunStatus as Status
from dagster._core.execution.backfill import BULK_ACTION_TERMINAL_STATUSES
from dagster._core.instance.utils import RUNLESS_RUN_ID
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.runs.schema import BackfillTagsTable, BulkActionsTable
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage
from sqlalchemy import delete, select

from pipelines.dagster_storage import CHECKS_OF_RUN
from pipelines.schedules import CLOSES, JOBS
from pipelines.settings import PipelineSettings

EVERY_S = 600
# An evaluation ends long before the daemon gives it up; what is left over comes the next time.
BUDGET_S = 20.0
PAGE = 50
# What an operator starts asset by asset.
BY_HAND = "__ASSET_JOB"
# And those that were made and never launched.
FINISHED = [Status.SUCCESS, Status.FAILURE, Status.CANCELED, Status.NOT_STARTED]


def retention_of(settings: PipelineSettings) -> dg.SensorDefinition:
    """The sensor. It needs no run, which would hold up a refresh and leave more than it takes."""

    @dg.sensor(
        name="retention",
        minimum_interval_seconds=EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Deletes runs after {settings.keep_runs_days} days, closes after {settings.keep_closes_days},"
        " with their events, checks and logs, and what no run left. Each job's newest run stays.",
    )
    def retention(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        now = datetime.now(UTC)
        before = now - timedelta(days=settings.keep_runs_days)
        delete_old_events(context.instance, before)
        delete_old_backfills(context.instance, before)
        return dg.SkipReason(f"Runs deleted: {delete_old_runs(context.instance, settings, now)}.")

    return retention


def delete_old_runs(instance: dg.DagsterInstance, settings: PipelineSettings, now: datetime) -> int:
    """Deletes finished runs that are older by `now` than the settings say, and gives their number."""
    end, deleted = time.monotonic() + BUDGET_S, 0
    with _events(instance).index_connection() as connection:
        # New storages have it; an older one gets it here.
        CHECKS_OF_RUN.create(connection, checkfirst=True)
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


def delete_old_events(instance: dg.DagsterInstance, before: datetime) -> None:
    """Deletes events of assets that no run left, as of their freshness; each asset's newest of a kind stays."""
    old, newer = SqlEventLogStorageTable.c, SqlEventLogStorageTable.alias("newer").c
    has_newer = (
        select(newer.id)
        .where(
            newer.run_id == RUNLESS_RUN_ID,
            newer.asset_key == old.asset_key,
            newer.dagster_event_type == old.dagster_event_type,
            newer.id > old.id,
        )
        .exists()
    )
    with _events(instance).index_connection() as connection:
        connection.execute(
            delete(SqlEventLogStorageTable).where(
                old.run_id == RUNLESS_RUN_ID, old.timestamp < before.replace(tzinfo=None), has_newer
            )
        )


def delete_old_backfills(instance: dg.DagsterInstance, before: datetime) -> None:
    """Deletes what was noted of finished backfills; their runs are runs like others."""
    storage = instance.run_storage
    assert isinstance(storage, SqlRunStorage)
    statuses = [status.value for status in BULK_ACTION_TERMINAL_STATUSES]
    backfills = BulkActionsTable.c
    old = select(backfills.key).where(
        backfills.timestamp < before.replace(tzinfo=None), backfills.status.in_(statuses)
    )
    with storage.connect() as connection:
        connection.execute(delete(BackfillTagsTable).where(BackfillTagsTable.c.backfill_id.in_(old)))
        connection.execute(delete(BulkActionsTable).where(backfills.key.in_(old)))


def _delete(instance: dg.DagsterInstance, run_id: str) -> None:
    # The run's row goes last: cut off before that, it is found again.
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = _events(instance)
    with storage.index_connection() as connection:
        connection.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run_id))
    storage.delete_events(run_id)
    instance.delete_run(run_id)


def _events(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage)
    return storage
