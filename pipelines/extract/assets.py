"""The raw tables as Dagster assets."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from pipelines import closing, database
from pipelines.extract.batch import Batch
from pipelines.extract.run import extract
from pipelines.owners import OWNERS
from pipelines.resources import PipelineRun
from pipelines.retries import TRANSIENT

TABLES = {
    "batch": "One row per extract: its snapshot, its receipt, how many rows it brought, and complete_through.",
    "transaction": "The ledger's transactions, each exactly once, with the batch that brought it.",
    "account": "The ledger's accounts in their newest state. No name, number, memo or owner.",
}


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
            yield dg.MaterializeResult(asset_key=["raw", table], metadata=_metadata(batch, count))


def _may_close(context: dg.AssetExecutionContext, run: PipelineRun) -> bool:
    end = closing.period_end(run.kind, datetime.now(UTC), run.settings.time_zone)
    with database.connect(run.databases.publish_url) as bank:
        if not closing.claim(bank, run.kind, end, run.run_id):
            context.log.info(f"{run.kind} of the period up to {end} has been done by another run.")
            return False
    moment = closing.start_of(end, run.settings.time_zone)
    closing.wait_until_final(run.databases.source_url, moment, closing.WAIT_S)
    return True


def _metadata(batch: Batch, rows: int) -> dict[str, dg.MetadataValue]:
    lag = datetime.now(UTC) - batch.complete_through
    return {
        "rows": dg.MetadataValue.int(rows),
        "batch_id": dg.MetadataValue.int(batch.batch_id),
        "watermark": dg.MetadataValue.text(batch.snapshot),
        "complete_through": dg.MetadataValue.timestamp(batch.complete_through),
        "lag_s": dg.MetadataValue.float(lag.total_seconds()),
    }
