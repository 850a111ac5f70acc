"""The full proof: all of history at once, whatever it takes."""

from collections.abc import Callable

from pipelines import database
from pipelines.baseline import last_publication
from pipelines.errors import Refused
from pipelines.extract.batch import newest_batch
from pipelines.history.locate import locate
from pipelines.history.part import END, KINDS, Part
from pipelines.history.prover import Prover
from pipelines.history.scrubber import prove_part
from pipelines.proofs import damage
from pipelines.proofs.damage import Damage
from pipelines.settings import Databases, PipelineSettings

LOCK_WAIT_S = 600.0
FOUND_BY = "full proof"


def prove_everything(
    databases: Databases, settings: PipelineSettings, tell: Callable[[Part], None], wait_s: float = LOCK_WAIT_S
) -> list[Damage]:
    """Prove part after part, `tell` which one comes next; what is damaged, which from now on stops publication.

    Between two parts a run may do its work. Raises Refused where the last run has failed half-way, Busy when a run
    does not end within `wait_s`, NothingExtracted before the first batch.
    """
    found: list[Damage] = []
    with Prover(databases, settings) as prover:
        for kind in KINDS:
            after = None
            while after != END[kind]:
                with database.connect(databases.warehouse_url) as lock_holder:
                    database.lock(lock_holder, database.RUN_LOCK, wait_s)
                    _check_built(prover)
                    part = prover.part_after(kind, after)
                    tell(part)
                    found += prove_part(prover, part, FOUND_BY)
                _, after = part.key
        with database.connect(databases.warehouse_url) as lock_holder:
            database.lock(lock_holder, database.RUN_LOCK, wait_s)
            failed = damage.failures(prover.prove_totals())
            found += locate(databases, settings.time_zone, failed)
            damage.record(prover.bank, found, FOUND_BY)
    return found


def _check_built(prover: Prover) -> None:
    """Raise Refused unless the marts have taken in what the copy has."""
    publication, batch = last_publication(prover.bank), newest_batch(prover.warehouse)
    if publication is not None and publication.batch_id == batch.batch_id:
        return
    row = prover.bank.execute(
        "select outcome from pipeline.run where outcome <> 'running' order by started_at desc limit 1"
    ).fetchone()
    # A run that was refused has built everything.
    if row is None or row[0] != "refused":
        raise Refused("The last run has not built what it read, so it can't be proven: tidemark stats run")
