"""The publication as a Dagster asset."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from pipelines import database, run_log
from pipelines.baseline import MARTS
from pipelines.checks import specs_of
from pipelines.errors import Refused
from pipelines.extract import closing
from pipelines.owners import OWNERS
from pipelines.proofs.catalogue import NAMES, PROOFS
from pipelines.publish.service import publish
from pipelines.resources import PipelineRun
from pipelines.retries import TRANSIENT

KEY = dg.AssetKey(["stats", "publication"])


def publication_of(stale_after_s: int) -> dg.AssetsDefinition:
    """The asset; it is stale when nothing was published for `stale_after_s`.

    Its checks are the proofs that it was published with. They ran before it: as checks of the copy and the marts.
    """

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(["marts", mart]) for mart in (*MARTS, "metric_catalog")],
        description="What the stats API reads: everything since the last publication, in one transaction.",
        check_specs=specs_of(PROOFS, KEY),
        group_name="publication",
        owners=OWNERS,
        kinds={"postgres", "python"},
        retry_policy=TRANSIENT,
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(seconds=stale_after_s), warn_window=timedelta(seconds=stale_after_s // 3)
        ),
    )
    def publication(pipeline_run: dg.ResourceParam[PipelineRun]) -> dg.MaterializeResult:
        return _publish(pipeline_run)

    return publication


def _publish(pipeline_run: PipelineRun) -> dg.MaterializeResult:
    """Publishes what this run has proven. Refuses when a proof is missing, whatever let it come this far."""
    with pipeline_run.step():
        with database.connect(pipeline_run.databases.publish_url) as bank:
            proofs = run_log.proofs_of(bank, pipeline_run.run_id)
        missing = NAMES - {proof["name"] for proof in proofs if proof["passed"]}
        if missing:
            raise Refused(f"Not proven in this run: {', '.join(sorted(missing))}. Start the whole job.")
        published = publish(
            *(pipeline_run.databases.warehouse_url, pipeline_run.databases.publish_url),
            run_id=pipeline_run.run_id,
            time_zone=pipeline_run.settings.time_zone,
            proofs=proofs,
        )
        with database.connect(pipeline_run.databases.publish_url) as bank:
            run_log.finish(bank, pipeline_run.run_id, "published")
            if pipeline_run.is_close:
                closing.note(bank, pipeline_run.run_id, published.batch_id, published.complete_through)
                run_log.prune(bank)
        lag = datetime.now(UTC) - published.complete_through
        return dg.MaterializeResult(
            check_results=_checks(proofs),
            metadata={
                "rows": {mart: count["rows"] for mart, count in published.row_counts.items()},
                "batch_id": published.batch_id,
                "complete_through": dg.MetadataValue.timestamp(published.complete_through),
                "lag_s": lag.total_seconds(),
            },
        )


def _checks(proofs: Sequence[Mapping[str, Any]]) -> list[dg.AssetCheckResult]:
    return [
        dg.AssetCheckResult(
            check_name=proof["name"],
            passed=proof["passed"],
            metadata={key: value for key, value in proof.items() if key not in ("name", "passed")},
        )
        for proof in proofs
        if proof["name"] in NAMES
    ]
