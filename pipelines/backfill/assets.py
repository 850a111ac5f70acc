"""The days to be made anew as a Dagster asset."""

from datetime import date
from zoneinfo import ZoneInfo

import dagster as dg

from api.shared.calendar import ONE_DAY, day_start
from pipelines import database
from pipelines.backfill import groundless
from pipelines.extract.assets import DAY, completeness
from pipelines.extract.batch import rows_between
from pipelines.extract.service import extract_again
from pipelines.owners import OWNERS
from pipelines.resources import PipelineRun
from pipelines.retries import TRANSIENT

# As far back as imported histories may reasonably go; each day costs a line in a list.
FIRST_DAY = "2000-01-01"


def day_of(time_zone: str) -> dg.AssetsDefinition:
    """The asset whose partitions are the bank's days, up to the present one."""

    @dg.asset(
        key=DAY,
        partitions_def=dg.DailyPartitionsDefinition(FIRST_DAY, timezone=time_zone, end_offset=1),
        # A range of days is one run.
        backfill_policy=dg.BackfillPolicy.single_run(),
        description="A day of the ledger, or a range of days, read once more, in the place of the copy's rows. "
        "What they touch of days, weeks and months is then made anew by the run, proven and published.",
        group_name="raw",
        owners=OWNERS,
        kinds={"postgres", "python"},
        retry_policy=TRANSIENT,
    )
    def day(
        context: dg.AssetExecutionContext, pipeline_run: dg.ResourceParam[PipelineRun]
    ) -> dg.MaterializeResult:
        with pipeline_run.step():
            days, zone = context.partition_key_range, pipeline_run.settings.time_zone
            start, end = date.fromisoformat(days.start), date.fromisoformat(days.end) + ONE_DAY
            window = day_start(start, ZoneInfo(zone)), day_start(end, ZoneInfo(zone))
            databases = pipeline_run.databases
            batch = extract_again(databases.source_url, databases.warehouse_url, window)
            removed = groundless.remove(databases, zone, start, end)
            with database.connect(databases.warehouse_url) as warehouse:
                rows = rows_between(warehouse, *window)
            return dg.MaterializeResult(
                metadata={
                    "days": f"{days.start} to {days.end}",
                    "rows": rows,
                    "groundless_rows_removed": removed,
                    **completeness(batch),
                }
            )

    return day
