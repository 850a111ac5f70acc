"""The scrubber: proves history part by part, what was proven longest ago first, within a budget each day."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pipelines import database
from pipelines.baseline import last_publication
from pipelines.database import Connection
from pipelines.errors import StepError
from pipelines.extract.batch import last_batch
from pipelines.history import progress
from pipelines.history.locate import locate
from pipelines.history.part import Part
from pipelines.history.prover import Prover
from pipelines.proofs import damage
from pipelines.settings import Databases, PipelineSettings

# How long a part waits for the run at work.
LOCK_WAIT_S = 20.0
FOUND_BY = "scrubber"


@dataclass(frozen=True)
class Budget:
    """What is left of a day's seconds, and the turn at which the day's round began."""

    left_s: float
    first_turn: int


def scrub(databases: Databases, settings: PipelineSettings, seconds: float) -> str:
    """Prove parts for some `seconds`, as far as the day's budget allows; what an operator is told.

    Each part takes the run lock for itself, so that a refresh waits for one part at most. Killed in the middle, it
    goes on with the part that it was at. Raises Busy when a run holds the lock for too long.
    """
    end, count = time.monotonic() + seconds, 0
    today = datetime.now(UTC).astimezone(ZoneInfo(settings.time_zone)).date()
    with Prover(databases, settings) as prover:
        while True:
            began = time.monotonic()
            if began >= end:
                return _told(prover.bank, count, "More comes at the next tick.")
            budget = _budget(prover.bank, today, settings.scrub_budget_s)
            if budget.left_s <= 0:
                return _told(prover.bank, count, "The day's budget is spent.")
            with database.connect(databases.warehouse_url) as lock_holder:
                database.lock(lock_holder, database.RUN_LOCK, LOCK_WAIT_S)
                reason = _hindrance(prover)
                following = progress.next_to_prove(prover.bank)
                if reason or following is None or following.turn > budget.first_turn:
                    return _told(prover.bank, count, reason or "All of it was proven today.")
                try:
                    prove_part(prover, prover.part_after(following.kind, following.after), FOUND_BY)
                except StepError as error:
                    return _told(prover.bank, count, str(error))
            count += 1
            _spend(prover.bank, time.monotonic() - began)


def prove_part(prover: Prover, part: Part, found_by: str) -> list[damage.Damage]:
    """Prove a part and note it as proven, or what is damaged in it. Hold the run lock."""
    failed = damage.failures(prover.prove(part))
    if not failed:
        progress.note(prover.bank, part)
        return []
    found = locate(prover.databases, prover.settings.time_zone, failed)
    damage.record(prover.bank, found, found_by)
    return found


def _hindrance(prover: Prover) -> str | None:
    """Why nothing can be proven now."""
    if damage.is_known(prover.bank):
        return "Damage is known; it is to be mended first."
    publication, batch = last_publication(prover.bank), last_batch(prover.warehouse)
    if publication is None or batch is None:
        return "Nothing was published yet."
    if publication.batch_id != batch.batch_id:
        return "The last run did not publish; the next one comes first."
    return None


def _told(bank: Connection, count: int, more: str) -> str:
    oldest = progress.oldest_proof_at(bank)
    since = f" The oldest proof is of {oldest:%Y-%m-%d %H:%M} UTC." if oldest else ""
    return f"{count} parts of history proven. {more}{since}"


def _budget(bank: Connection, today: date, budget_s: int) -> Budget:
    """Another day, be the clock set forward or back, begins a new budget and a new round."""
    row = bank.execute("select day, spent_s, first_turn from pipeline.scrub_day").fetchone()
    if row is None or row[0] != today:
        with bank.transaction():
            bank.execute("delete from pipeline.scrub_day")
            row = bank.execute(
                "insert into pipeline.scrub_day (day, spent_s, first_turn) "
                "select %s, 0, coalesce(max(turn), 0) from pipeline.proven returning day, spent_s, first_turn",
                (today,),
            ).fetchone()
    assert row is not None
    return Budget(budget_s - row[1], row[2])


def _spend(bank: Connection, seconds: float) -> None:
    bank.execute("update pipeline.scrub_day set spent_s = spent_s + %s", (seconds,))
