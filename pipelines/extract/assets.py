"""The raw tables as Dagster assets."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from api.shared.calendar import day_start
from pipelines import database
from pipelines.extract import closing
from pipelines.extract.batch import Batch
from pipelines.extract.service import extract
from pipelines.owners import OWNERS
from pipelines.resources import PipelineRun
from pipelines.retries import TRANSIENT

TABLES = {
    "batch": "One row per extract: its snapshot, its receipt, how many rows it brought, and complete_through.",
    "transaction": "The ledger's transactions, each exactly once, with the batch that brought it.",
    "account": "The ledger's accounts in their newest state. No name, number, memo or owner.",
}

# A backfill begins with it; other runs leave it out.
DAY = dg.AssetKey(["raw", "day"])


@dg.multi_asset(
    name="extract",
    description="Carries what is new in the ledger into the warehouse: one snapshot, one transaction.",
    specs=[
        dg.AssetSpec(
            ["raw", table],
            description=description,
            group_name="raw",
            owners=OWNERS,
            kinds={"postgres", "python"},
            deps=[DAY],
            # A close that another run has done brings nothing, and nothing after it runs.
            skippable=True,
        )
        for table, description in TABLES.items()
    ],
    retry_policy=TRANSIENT,
)
def extract_ledger(
    context: dg.AssetExecutionContext, pipeline_run: dg.ResourceParam[PipelineRun]
) -> Iterator[dg.MaterializeResult]:
    """One extract. A close first claims its period, and waits until the period can be final."""
    with pipeline_run.step():
        if pipeline_run.is_close and not _may_close(context, pipeline_run):
            return
        batch = extract(pipeline_run.databases.source_url, pipeline_run.databases.warehouse_url)
        rows = {"batch": 1, "transaction": batch.transaction_rows, "account": batch.account_rows}
        for table, count in rows.items():
            yield dg.MaterializeResult(asset_key=["raw", table], metadata={"rows": count, **completeness(batch)})


def _may_close(context: dg.AssetExecutionContext, run: PipelineRun) -> bool:
    newest = closing.period_end(run.kind, datetime.now(UTC), run.settings.time_zone)
    end = date.fromisoformat(run.period_end) if run.period_end else newest
    with database.connect(run.databases.publish_url) as bank:
        if not closing.claim(bank, run.kind, end, run.run_id):
            context.log.info(f"{run.kind} of the period up to {end} has been done by another run.")
            return False
    moment = day_start(end, ZoneInfo(run.settings.time_zone))
    closing.wait_until_final(run.databases.source_url, moment, closing.WAIT_S)
    return True


def completeness(batch: Batch) -> dict[str, dg.MetadataValue]:
    """Up to where something made from this batch is complete, for an operator."""
    lag = datetime.now(UTC) - batch.complete_through
    return {
        "batch_id": dg.MetadataValue.int(batch.batch_id),
        "watermark": dg.MetadataValue.text(batch.snapshot),
        "complete_through": dg.MetadataValue.timestamp(batch.complete_through),
        "lag_s": dg.MetadataValue.float(lag.total_seconds()),
    }
