"""The close of a day, week or month: who does it, and when it may be done."""

import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.shared.calendar import Period
from pipelines import database
from pipelines.database import Connection
from pipelines.extract.errors import CannotBeFinal
from pipelines.extract.source import next_floor, read_complete_through
from pipelines.run_log import Kind

WAIT_S = 60.0


def period_end(kind: Kind, now: datetime, time_zone: str) -> date:
    """The first day after the newest period of this kind: today, this Monday, or the first of this month."""
    return Period(kind.removeprefix("close_")).start(now.astimezone(ZoneInfo(time_zone)).date())


def claim(bank: Connection, kind: Kind, end: date, run_id: str) -> bool:
    """Claim a period's close for a run; False when another run has done it.

    Call it with the run lock held: a claim whose run did not publish was left by a run that failed.
    """
    row = bank.execute(
        "insert into pipeline.close_claim as c (kind, period_end, run_id) values (%s, %s, %s) "
        "on conflict (kind, period_end) do update set run_id = excluded.run_id, claimed_at = now() "
        "where not exists (select from pipeline.run as r where r.run_id = c.run_id and r.outcome = 'published') "
        "returning run_id",
        (kind, end, run_id),
    ).fetchone()
    return row is not None


def wait_until_final(source_url: str, end: datetime, wait_s: float) -> None:
    """Return once nothing of the time before `end` can still arrive. Raises CannotBeFinal after `wait_s`."""
    deadline = time.monotonic() + wait_s
    with database.connect(source_url) as source:
        while (reached := read_complete_through(source, next_floor(source), None)) < end:
            if time.monotonic() > deadline:
                raise CannotBeFinal(
                    f"The period that ended at {end.isoformat()} can't be closed: the ledger is complete only "
                    f"through {reached.isoformat()}, because a transaction that began then is still open "
                    "(pg_stat_activity tells which). End it and start the close again."
                )
            time.sleep(0.5)
