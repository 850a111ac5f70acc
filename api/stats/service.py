"""What a caller is answered: reads a snapshot, refuses what is not theirs, and makes the answer of it."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from api.shared.calendar import ONE_DAY, Period, day_start
from api.shared.database import AsyncConnection
from api.shared.errors import NotFound
from api.shared.pages import Page, encode_cursor, page_of
from api.stats import figures_repository, repository
from api.stats.figures import figures_page, rows_max
from api.stats.models import Alert, BankQuery, FiguresQuery, ListedAccount, Reader, Run, StatusSnapshot
from api.stats.schemas import (
    BankDay,
    BankDays,
    Catalogue,
    Figures,
    FinishedRun,
    Pipeline,
    Proofs,
    RunningRun,
    StatsStatus,
    Transactions,
)

RUNS_SHOWN = 20
ALERTS_SHOWN = 10

State = Literal["waiting", "current", "stale", "refused", "failed"]


async def figures(connection: AsyncConnection, reader: Reader, query: FiguresQuery) -> tuple[Figures, list[str]]:
    """One page of figures, and the names of its statistics, which an empty page has too.

    Raises NotFound if the reader may not read one of the accounts.
    """
    snapshot = await figures_repository.read_figures(connection, reader, query)
    if query.account_ids is not None and snapshot.readable < len(query.account_ids):
        raise NotFound()
    return figures_page(query, snapshot), [metric.name for metric in snapshot.metrics]


async def accounts(
    connection: AsyncConnection, reader: Reader, after: UUID | None, limit: int
) -> Page[ListedAccount]:
    """The accounts whose statistics the reader may read, by id."""
    rows = await repository.read_accounts(connection, reader, after=after, limit=limit + 1)
    return page_of(rows, limit, lambda account: (account.account_id,))


async def transactions(
    connection: AsyncConnection,
    reader: Reader,
    account_id: UUID,
    period: Period,
    day: date,
    *,
    after: int,
    limit: int,
) -> Transactions:
    """The transactions behind the figure of a day's period; NotFound if the reader may not read the account.

    Two statements, yet of one moment: rows of the ledger before complete_through never change.
    """
    access = await repository.read_access(connection, reader, account_id)
    if access is None:
        raise NotFound()
    period_start = period.start(day)
    period_end = period.end(period_start)
    publication = access.publication
    if publication is None:
        return Transactions(period, account_id, period_start, period_end, "provisional", None, None, None, [])
    cut = publication.cut
    rows = await repository.read_transactions(
        connection,
        account_id,
        (day_start(period_start, cut.zone), min(day_start(period_end, cut.zone), cut.complete_through)),
        after=after,
        limit=limit + 1,
        # Whoever may look at other people's figures, or reads through a program, has no business with their notes.
        sees_memos=access.is_own and reader.is_person,
    )
    return Transactions(
        period=period,
        account_id=account_id,
        period_start=period_start,
        period_end=period_end,
        status=cut.status(period_end),
        complete_through=cut.complete_through,
        run_id=publication.run_id,
        next_cursor=encode_cursor(rows[limit - 1].sequence) if len(rows) > limit else None,
        items=rows[:limit],
    )


async def bank(connection: AsyncConnection, query: BankQuery) -> BankDays:
    """One page of the bank's days."""
    snapshot = await repository.read_bank(connection, query)
    publication = snapshot.publication
    if publication is None:
        return BankDays(None, None, None, [])
    limit = rows_max(query.limit, max((len(row.metrics) for row in snapshot.rows), default=0))
    rows, cut = snapshot.rows[:limit], publication.cut
    return BankDays(
        complete_through=cut.complete_through,
        run_id=publication.run_id,
        next_cursor=encode_cursor(rows[-1].date, rows[-1].currency) if len(snapshot.rows) > limit else None,
        items=[BankDay(row.date, row.currency, cut.status(row.date + ONE_DAY), row.metrics) for row in rows],
    )


async def catalogue(connection: AsyncConnection) -> Catalogue:
    """Every statistic there is."""
    snapshot = await repository.read_catalogue(connection)
    publication = snapshot.publication
    return Catalogue(
        complete_through=publication.complete_through if publication else None,
        run_id=publication.run_id if publication else None,
        items=snapshot.metrics,
    )


async def status(connection: AsyncConnection, reader: Reader, stale_after_s: int) -> StatsStatus:
    """How fresh the statistics are; errors may name accounts and are told to those who may read any."""
    snapshot = await repository.read_status(connection)
    publication, finished, started = snapshot.publication, snapshot.finished, snapshot.started
    is_stale = snapshot.lag_s is not None and snapshot.lag_s > stale_after_s
    return StatsStatus(
        state=_state(snapshot, is_stale=is_stale),
        complete_through=publication.complete_through if publication else None,
        lag_s=None if snapshot.lag_s is None else max(0, round(snapshot.lag_s)),
        is_stale=is_stale,
        run_id=publication.run_id if publication else None,
        time_zone=publication.time_zone if publication else None,
        last_run=_finished(finished, tells_error=reader.reads_all) if finished else None,
        running=RunningRun(started.run_id, started.kind, started.started_at)
        if started and started.outcome == "running"
        else None,
        alert=_told(snapshot.alert, tells_detail=reader.reads_all) if snapshot.alert else None,
        history=snapshot.history,
    )


async def pipeline(connection: AsyncConnection, reader: Reader, stale_after_s: int) -> Pipeline:
    """How the pipeline has been doing, for whoever may read any statistics.

    Two statements: a run that ends in between is in its new state where it is listed, which is the newer word.
    """
    now = await status(connection, reader, stale_after_s)
    snapshot = await repository.read_pipeline(connection, runs=RUNS_SHOWN, alerts=ALERTS_SHOWN)
    return Pipeline(now, snapshot.runs, snapshot.alerts)


def _told(alert: Alert, *, tells_detail: bool) -> Alert:
    return alert if tells_detail else msgspec.structs.replace(alert, detail=None)


def _finished(run: Run, *, tells_error: bool) -> FinishedRun:
    return FinishedRun(
        run_id=run.run_id,
        kind=run.kind,
        outcome=run.outcome,
        started_at=run.started_at,
        finished_at=run.finished_at,
        proofs=Proofs(
            passed=sum(proof.passed for proof in run.proofs),
            failed=[proof.name for proof in run.proofs if not proof.passed],
        ),
        error=run.error if tells_error else None,
    )


def _state(snapshot: StatusSnapshot, *, is_stale: bool) -> State:
    finished = snapshot.finished
    if snapshot.history.damaged_rows or (finished and finished.outcome == "refused"):
        return "refused"
    if finished and finished.outcome == "failed":
        return "failed"
    if snapshot.lag_s is None:
        return "waiting"
    return "stale" if is_stale else "current"
