"""Prove the copy, then the statistics."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from queue import SimpleQueue

from api.shared.calendar import Period
from pipelines import database
from pipelines.baseline import EVERYTHING, Since, baseline
from pipelines.database import Connection
from pipelines.proofs import published, rebuild
from pipelines.proofs.catalogue import FINALITY, LEDGER, STATISTICS
from pipelines.proofs.proof import Proof, ProofResult, Scope, begin, scope_of
from pipelines.transform.project import Project


def prove_ledger(
    warehouse_url: str, publish_url: str, time_zone: str, since: Since | None = None
) -> list[ProofResult]:
    """Hold schema raw against what the ledger said of itself: what is new since the last publication, or `since`.

    Raises NothingExtracted before the first batch.
    """
    with database.connect(warehouse_url) as warehouse, database.connect(publish_url) as bank:
        standing = baseline(bank, warehouse)
        begin(warehouse, time_zone)
        scope = scope_of(warehouse, standing, time_zone, since or standing.unproven)
        parameters = asdict(scope)
        for statement in Proof("scope", "ledger", "scope.sql").query().split(";"):
            warehouse.execute(statement, parameters)
        results = [proof.prove(warehouse, parameters) for proof in LEDGER]
        warehouse.rollback()
    return results


def prove_statistics(
    warehouse_url: str, publish_url: str, time_zone: str, project: Project, since: Since | None = None
) -> list[ProofResult]:
    """Hold the marts against schema raw and against what was published.

    A mart that was built anew since the last publication makes it everything. Raises NothingExtracted before the
    first batch.
    """
    with database.connect(warehouse_url) as warehouse, database.connect(publish_url) as bank:
        standing = baseline(bank, warehouse)
        begin(warehouse, time_zone)
        scope = scope_of(
            warehouse, standing, time_zone, EVERYTHING if standing.rebuilt else since or standing.unproven
        )
        results = _prove_side_by_side(warehouse, warehouse_url, scope)
        results.append(rebuild.prove(warehouse, warehouse_url, project, scope))
        results.append(_prove_finality(warehouse, bank, scope))
        warehouse.rollback()
    return results


def _prove_side_by_side(warehouse: Connection, warehouse_url: str, scope: Scope) -> list[ProofResult]:
    """The proofs that need nothing but the warehouse; all of history by two connections that see the same."""
    parameters = asdict(scope)
    if scope.since:
        return [proof.prove(warehouse, parameters) for proof in STATISTICS]
    with database.connect(warehouse_url) as other:
        begin(other, scope.time_zone, like=warehouse)
        free = SimpleQueue[Connection]()
        free.put(warehouse)
        free.put(other)

        def prove(proof: Proof) -> ProofResult:
            connection = free.get()
            try:
                return proof.prove(connection, parameters)
            finally:
                free.put(connection)

        with ThreadPoolExecutor(max_workers=2) as workers:
            results = list(workers.map(prove, STATISTICS))
        other.rollback()
    return results


def _prove_finality(warehouse: Connection, bank: Connection, scope: Scope) -> ProofResult:
    if scope.final_date is None:
        return ProofResult(FINALITY.name, passed=True, checked=0)
    published.bring(bank, warehouse, scope)
    variants = [published.comparison(bank, warehouse, period) for period in Period]
    result = replace(FINALITY, variants=variants).prove(warehouse, asdict(scope))
    if result.failed and scope.may_restate:
        return replace(result, passed=True, failed=0, failures=[], restated=result.failed)
    return result
