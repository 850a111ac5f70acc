"""The proofs as Dagster asset checks. Each blocks what comes after it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg

from pipelines import database, run_log
from pipelines.baseline import MARTS
from pipelines.extract.closing import unproven
from pipelines.history import known, progress
from pipelines.history.locate import locate
from pipelines.proofs import damage
from pipelines.proofs.catalogue import COMPARISONS, HISTORY, LEDGER, STATISTICS
from pipelines.proofs.proof import Proof, ProofResult
from pipelines.proofs.service import prove_ledger, prove_statistics
from pipelines.resources import PipelineRun
from pipelines.retries import TRANSIENT
from pipelines.transform.project import Project

TRANSACTIONS = dg.AssetKey(["raw", "transaction"])
ACCOUNTS = dg.AssetKey(["raw", "account"])
DAILY = dg.AssetKey(["marts", "stats_daily"])
OTHER_MARTS = [dg.AssetKey(["marts", mart]) for mart in (*MARTS, "metric_catalog") if mart != "stats_daily"]


def specs_of(
    proofs: Sequence[Proof], asset: dg.AssetKey, others: Sequence[dg.AssetKey] = ()
) -> list[dg.AssetCheckSpec]:
    """A check of the asset for each proof; `others` are looked at as well."""
    return [
        dg.AssetCheckSpec(
            proof.name, asset=asset, additional_deps=others, blocking=True, description=proof.description
        )
        for proof in proofs
    ]


@dg.multi_asset_check(
    name="prove_ledger",
    specs=specs_of(LEDGER, TRANSACTIONS, [ACCOUNTS]),
    description="Holds the copy against what the ledger said of itself at the snapshot.",
    retry_policy=TRANSIENT,
)
def ledger_proofs(pipeline_run: dg.ResourceParam[PipelineRun]) -> Iterator[dg.AssetCheckResult]:
    """What is new since the last publication; at a close, since the last one of its kind."""
    with pipeline_run.step():
        databases = pipeline_run.databases
        results = prove_ledger(
            *(databases.warehouse_url, databases.publish_url, pipeline_run.settings.time_zone),
            since=unproven(pipeline_run),
        )
        remedy = _note(pipeline_run, results)
        yield from (_check_result(result, TRANSACTIONS, remedy) for result in results)


@dg.multi_asset_check(
    name="prove_statistics",
    specs=specs_of((*STATISTICS, *COMPARISONS, HISTORY), DAILY, OTHER_MARTS),
    description="Holds the marts against the copy, against each other, and against what was published as final.",
    retry_policy=TRANSIENT,
)
def statistics_proofs(pipeline_run: dg.ResourceParam[PipelineRun]) -> Iterator[dg.AssetCheckResult]:
    """The same; everything after a mart was built anew."""
    with pipeline_run.step():
        databases = pipeline_run.databases
        results = prove_statistics(
            *(databases.warehouse_url, databases.publish_url, pipeline_run.settings.time_zone),
            Project.of(pipeline_run.settings),
            since=unproven(pipeline_run),
        )
        history = known.prove_known(databases, pipeline_run.settings, pipeline_run.run_id)
        remedy = _note(pipeline_run, [*results, history])
        yield from (_check_result(result, DAILY, remedy) for result in results)
        yield _check_result(history, DAILY, remedy, _age(pipeline_run))


def _note(run: PipelineRun, results: list[ProofResult]) -> str:
    """Store what proofs found; when one does not hold, the run has been refused. Gives what mends the damage."""
    failed = damage.failures(result for result in results if result.name != HISTORY.name)
    found = locate(run.databases, run.settings.time_zone, failed)
    with database.connect(run.databases.publish_url) as bank:
        run_log.add_proofs(bank, run.run_id, [result.as_json() for result in results])
        damage.record(bank, found, run.run_id)
        remedy = damage.remedy(damage.known(bank))
    words = [result.in_words() for result in results if not result.passed]
    # The remedy first: what is long is cut off at its end.
    run.refuse([remedy, *words] if words else [])
    return remedy


def _age(run: PipelineRun) -> dict[str, dg.MetadataValue]:
    """Since when every row of history has been proven."""
    with database.connect(run.databases.publish_url) as bank:
        oldest = progress.oldest_proof_at(bank)
    if oldest is None:
        return {}
    age = datetime.now(UTC) - oldest
    return {
        "oldest_proof_at": dg.MetadataValue.timestamp(oldest),
        "oldest_proof_age_days": dg.MetadataValue.float(round(age.total_seconds() / 86400, 2)),
    }


def _check_result(
    result: ProofResult,
    asset: dg.AssetKey,
    remedy: str,
    more: Mapping[str, dg.MetadataValue] | None = None,
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=asset,
        check_name=result.name,
        description=None if result.passed else result.in_words(),
        metadata={
            **{key: value for key, value in result.as_json().items() if key not in ("name", "passed")},
            **({} if result.passed else {"remedy": remedy}),
            **(more or {}),
        },
    )
