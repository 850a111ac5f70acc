"""The jobs, and when they run."""

from collections.abc import Mapping

import dagster as dg
from dagster import DagsterRunStatus as Status
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pipelines.extract.assets import DAY
from pipelines.resources import KIND_TAG
from pipelines.run_log import Kind
from pipelines.settings import PipelineSettings

RUN_MAX_S = 3600
ACTIVE = [Status.QUEUED, Status.NOT_STARTED, Status.STARTING, Status.STARTED, Status.CANCELING]
EXECUTOR = dg.in_process_executor

USUAL = dg.AssetSelection.all() - dg.AssetSelection.assets(DAY)

CLOSES: Mapping[Kind, tuple[str, str]] = {
    "close_daily": (
        "0 0 * * *",
        "Closes the day before: proves it and what is new since the last close, and fails unless it is final.",
    ),
    "close_weekly": ("0 0 * * 1", "Closes the week before: the same of the week."),
    "close_monthly": ("0 0 1 * *", "Closes the month before: the same of the month."),
}


def job(kind: Kind, description: str, selection: dg.AssetSelection = USUAL) -> UnresolvedAssetJobDefinition:
    """A job over everything, from extract to publication, in one process."""
    return dg.define_asset_job(
        kind,
        selection=selection,
        description=description,
        executor_def=EXECUTOR,
        tags={
            KIND_TAG: kind,
            # Days to be made anew can wait; midnight can't.
            "dagster/priority": "-1" if kind == "backfill" else "0",
            "dagster/max_runtime": str(RUN_MAX_S),
            # A run whose process died is started anew. One that failed is not: its steps were tried again already,
            # and the next tick comes soon.
            "dagster/max_retries": "2",
            "dagster/retry_on_asset_or_op_failure": "false",
            "dagster/retry_strategy": "ALL_STEPS",
        },
    )


REFRESH = job("refresh", "Extracts what is new, builds the models, proves and publishes.")
CLOSE_JOBS = {kind: job(kind, description) for kind, (_, description) in CLOSES.items()}

BACKFILL = job(
    "backfill",
    "Reads a day of the ledger once more, makes anew what it touches of days, weeks and months, for every account"
    " and the bank as a whole, proves and publishes it. A figure that was right stays; a run that would change a"
    " final figure which readers have is refused.",
    dg.AssetSelection.all(),
)
JOBS = ("refresh", *CLOSES, "backfill")


def is_active(instance: dg.DagsterInstance) -> bool:
    """Whether a run of the pipeline is at work or about to be."""
    return bool(instance.get_runs(dg.RunsFilter(statuses=ACTIVE), limit=1))


def schedules_of(settings: PipelineSettings) -> list[dg.ScheduleDefinition]:
    """The closes, at the bank's midnight; those that something else starts are there and off."""
    status = dg.DefaultScheduleStatus.RUNNING if settings.close_schedules else dg.DefaultScheduleStatus.STOPPED
    return [
        dg.ScheduleDefinition(
            name=f"{kind}_schedule",
            job=CLOSE_JOBS[kind],
            cron_schedule=cron,
            execution_timezone=settings.time_zone,
            default_status=status,
            description=description,
        )
        for kind, (cron, description) in CLOSES.items()
    ]
