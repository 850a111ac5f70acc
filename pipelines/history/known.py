"""Whether what is known to be damaged holds again."""

from api.shared.calendar import ONE_DAY
from pipelines import database
from pipelines.history.locate import locate
from pipelines.history.part import Accounts, Days, Part
from pipelines.history.prover import Prover
from pipelines.proofs import damage
from pipelines.proofs.catalogue import HISTORY
from pipelines.proofs.proof import MOST_FAILURES, ProofResult
from pipelines.settings import Databases, PipelineSettings


def prove_known(databases: Databases, settings: PipelineSettings, run_id: str) -> ProofResult:
    """Prove the accounts and days of known damage once more, within a run; without any it costs nothing.

    What is of no account and no day (the totals over everything) each run proves by itself. What else is found
    beside the known is known from now on.
    """
    with database.connect(databases.publish_url) as bank:
        known = damage.known(bank)
    if not known:
        return ProofResult(HISTORY.name, passed=True, checked=0)
    accounts = damage.accounts_of(known)
    parts: list[Part] = [Accounts(chosen=accounts)] if accounts else []
    days = sorted({day for each in known for day in (each.first_day, each.last_day) if day})
    parts += [Days(day - ONE_DAY, day) for day in days]
    with Prover(databases, settings) as prover:
        failed = damage.failures(result for part in parts for result in prover.prove(part))
        damage.record(prover.bank, locate(databases, settings.time_zone, failed), run_id)
    rows = [{**failure, "place": f"{failure['place']} ({name})"} for name, failure in failed]
    return ProofResult(HISTORY.name, not rows, max(len(known), len(rows)), len(rows), rows[:MOST_FAILURES])
