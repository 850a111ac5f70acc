"""What the service answers; amounts are integers in minor units, times RFC 3339 UTC."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from api.shared.calendar import Period
from api.stats.models import Alert, History, Metric, Metrics, Run, Transaction
from api.stats.periods import Status


class Figure(msgspec.Struct):
    """The statistics of one account in [period_start, period_end); final ones never change."""

    account_id: UUID
    period_start: date
    period_end: date
    status: Status
    metrics: Metrics


class Figures(msgspec.Struct):
    """One page, by account and then oldest period first, all of it from the publication that `run_id` names.

    `complete_through` and `run_id` are null, and there are no items, before the first publication.
    """

    period: Period
    complete_through: datetime | None
    run_id: str | None
    next_cursor: str | None
    items: list[Figure]


class Transactions(msgspec.Struct):
    """One page of the transactions behind a figure, oldest first: those that its publication counted."""

    period: Period
    account_id: UUID
    period_start: date
    period_end: date
    status: Status
    complete_through: datetime | None
    run_id: str | None
    next_cursor: str | None
    items: list[Transaction]


class BankDay(msgspec.Struct):
    """The bank on one day, in one currency. An import of past movements may restate even a final day."""

    date: date
    currency: str
    status: Status
    metrics: Metrics


class BankDays(msgspec.Struct):
    """One page, oldest day first and then by currency."""

    complete_through: datetime | None
    run_id: str | None
    next_cursor: str | None
    items: list[BankDay]


class Catalogue(msgspec.Struct):
    """Every statistic there is, in the order in which analysts want them shown, as published last."""

    complete_through: datetime | None
    run_id: str | None
    items: list[Metric]
    next_cursor: None = None


class Proofs(msgspec.Struct):
    """How many proofs passed, and the names of those that failed."""

    passed: int
    failed: list[str]


class FinishedRun(msgspec.Struct):
    """The newest finished run; `error` is told to staff and analysts only."""

    run_id: str
    kind: str
    outcome: str
    started_at: datetime
    finished_at: datetime | None
    proofs: Proofs
    error: str | None


class RunningRun(msgspec.Struct):
    """A run that has not finished."""

    run_id: str
    kind: str
    started_at: datetime


class StatsStatus(msgspec.Struct):
    """How fresh the statistics are.

    `state`: waiting (nothing published yet), current, stale (too long since complete_through), or refused or
    failed as the newest finished run was; whatever it is, the last good publication is what is read.
    `lag_s`: seconds from complete_through to now; `is_stale` says that they are too many, whatever the state is.
    `alert`: what operators were told last; over when it has a `resolved_at`.
    `history`: how old the oldest proof is, and what is known to be damaged; while anything is, the state is
    refused.
    """

    state: Literal["waiting", "current", "stale", "refused", "failed"]
    complete_through: datetime | None
    lag_s: int | None
    is_stale: bool
    run_id: str | None
    time_zone: str | None
    last_run: FinishedRun | None
    running: RunningRun | None
    alert: Alert | None
    history: History


class Pipeline(msgspec.Struct):
    """How the pipeline has been doing: what `GET /stats/status` says, its newest runs with each proof, its alerts.

    Open alerts come first and have no `resolved_at`.
    """

    status: StatsStatus
    runs: list[Run]
    alerts: list[Alert]
