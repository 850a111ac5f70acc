"""The close of a day, week or month: who does it, when it may be done, and what it proves."""

import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.shared.calendar import ONE_DAY, Period, day_start
from pipelines import database
from pipelines.baseline import EVERYTHING, Since
from pipelines.database import Connection
from pipelines.extract.errors import CannotBeFinal
from pipelines.extract.source import next_floor, read_complete_through
from pipelines.resources import PipelineRun
from pipelines.run_log import Kind

WAIT_S = 60.0


def period_end(kind: Kind, now: datetime, time_zone: str) -> date:
    """The first day after the newest period of this kind: today, this Monday, or the first of this month."""
    return _period(kind).start(now.astimezone(ZoneInfo(time_zone)).date())


def _period(kind: Kind) -> Period:
    return Period(kind.removeprefix("close_"))


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


def unproven(run: PipelineRun) -> Since | None:
    """From where on a close proves: what is new since the last close of its kind, and all of its period.

    None for other runs. Everything where no close of the kind was published from this warehouse.
    """
    if not run.is_close:
        return None
    with (
        database.connect(run.databases.publish_url) as bank,
        database.connect(run.databases.warehouse_url) as warehouse,
    ):
        claimed = bank.execute(
            "select period_end from pipeline.close_claim where kind = %s and run_id = %s", (run.kind, run.run_id)
        ).fetchone()
        last = bank.execute(
            "select batch_id, complete_through from pipeline.close_claim "
            "where kind = %s and batch_id is not null order by batch_id desc limit 1",
            (run.kind,),
        ).fetchone()
        if claimed is None or last is None:
            return EVERYTHING
        start = day_start(_period(run.kind).start(claimed[0] - ONE_DAY), ZoneInfo(run.settings.time_zone))
        # The last close may have taken in the first moments of the period.
        row = warehouse.execute(
            "select batch_id, complete_through from raw.batch where batch_id <= %s and complete_through <= %s "
            "and exists (select from raw.batch where (batch_id, complete_through) = (%s, %s)) "
            "order by batch_id desc limit 1",
            (last[0], start, *last),
        ).fetchone()
    return Since(*row) if row else EVERYTHING


def note(bank: Connection, run_id: str, batch_id: int, complete_through: datetime) -> None:
    """Note up to where a close has proven and published."""
    bank.execute(
        "update pipeline.close_claim set batch_id = %s, complete_through = %s where run_id = %s",
        (batch_id, complete_through, run_id),
    )


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
