"""The stats service: published statistics per account and period, and what they mean."""

from datetime import date, datetime

import msgspec

from ui.clients.http import Gateway, TokenSource

PERIODS = ("daily", "weekly", "monthly")


class Metric(msgspec.Struct, frozen=True):
    """One entry of the catalogue; `unit` is minor_units, count or days, `plain` the same in everyday words."""

    name: str
    label: str
    definition: str
    unit: str
    plain: str = ""
    idle_rule: str = ""
    version: int = 1
    position: int = 0
    periods: tuple[str, ...] = PERIODS


class PeriodFigures(msgspec.Struct, frozen=True):
    """The figures of one account in [period_start, period_end); `status` is final or provisional."""

    account_id: str
    period_start: date
    period_end: date
    status: str
    metrics: dict[str, int | None]

    @property
    def is_final(self) -> bool:
        """Whether the figures can no longer change."""
        return self.status == "final"


class Figures(msgspec.Struct, frozen=True):
    """An answer about one account, oldest period first; `complete_through` is None before the first run."""

    period: str
    items: list[PeriodFigures]
    complete_through: datetime | None = None
    run_id: str | None = None
    next_cursor: str | None = None


class Status(msgspec.Struct, frozen=True):
    """How fresh the published statistics are.

    `state` is waiting (nothing yet), current, stale, or refused or failed as the last run was; the last
    good figures are shown whatever it is.
    """

    complete_through: datetime | None = None
    run_id: str | None = None
    state: str = "current"
    time_zone: str | None = None


class CountedTransaction(msgspec.Struct, frozen=True, rename={"source": "from", "destination": "to"}):
    """A transaction that a figure counted; `amount` is signed, in minor units."""

    transfer_id: str
    account_id: str
    source: str
    destination: str
    amount: int
    balance_after: int
    sequence: int
    time: datetime


class BankDay(msgspec.Struct, frozen=True):
    """The bank on one day, in one currency; money in minor units."""

    date: date
    currency: str
    status: str
    metrics: dict[str, int | None]


class Proof(msgspec.Struct, frozen=True):
    """A proof of a run: how many things it looked at, and how many don't hold."""

    name: str
    passed: bool
    checked: int = 0
    failed: int = 0


class Run(msgspec.Struct, frozen=True):
    """A run of the pipeline; `outcome` is running, published, refused or failed."""

    run_id: str
    kind: str
    outcome: str
    started_at: datetime
    finished_at: datetime | None = None
    proofs: tuple[Proof, ...] = ()
    error: str | None = None


class Alert(msgspec.Struct, frozen=True):
    """What operators were told; open while it has no `resolved_at`."""

    kind: str
    subject: str
    raised_at: datetime
    run_id: str | None = None
    resolved_at: datetime | None = None


class PipelineStatus(Status, frozen=True, kw_only=True):
    """The status with how old the figures are."""

    lag_s: int | None = None


class Pipeline(msgspec.Struct, frozen=True):
    """How the pipeline has been doing, newest run first, open alerts first."""

    status: PipelineStatus
    runs: tuple[Run, ...]
    alerts: tuple[Alert, ...]


class StatsClient:
    """The stats service for someone signed in."""

    def __init__(self, gateway: Gateway, token: TokenSource) -> None:
        self._gateway = gateway
        self._token = token

    def status(self) -> Status:
        """Freshness; cheap enough to be asked every few seconds."""
        return self._gateway.call(Status, "GET", "/stats/status", token=self._token())

    def metrics(self) -> list[Metric]:
        """The catalogue in the order in which analysts want it shown."""
        found = self._gateway.pages(Metric, "/stats/metrics", token=self._token())
        return sorted(found, key=lambda metric: (metric.position, metric.name))

    def figures(self, account_id: str, period: str, *, start: date, end: date) -> Figures:
        """All periods of the account that lie in [start, end); 404 for an account of someone else.

        Pages may come from two publications when one is published in between: then the read starts anew.
        """
        for _ in range(3):
            answer = self._read(account_id, period, start, end, None)
            items = list(answer.items)
            cursor, run_id = answer.next_cursor, answer.run_id
            while cursor is not None and run_id == answer.run_id:
                page = self._read(account_id, period, start, end, cursor)
                items += page.items
                cursor, run_id = page.next_cursor, page.run_id
            if run_id == answer.run_id:
                break
        return msgspec.structs.replace(answer, items=sorted(items, key=lambda item: item.period_start))

    def transactions(self, account_id: str, period: str, period_start: date) -> list[CountedTransaction]:
        """The transactions behind the figures of one period, oldest first."""
        query: dict[str, str | int | None] = {
            "account_id": account_id,
            "period_start": period_start.isoformat(),
            "limit": 1000,
        }
        path = f"/stats/{period}/transactions"
        return list(self._gateway.pages(CountedTransaction, path, token=self._token(), query=query))

    def figures_csv(self, account_id: str, period: str, *, first: date, last: date) -> bytes:
        """The account's periods from `first`'s to `last`'s as the bank's CSV, amounts in minor units."""
        return self._gateway.csv(f"/stats/{period}", token=self._token, query=_days_of(account_id, first, last))

    def bank_days(self, *, first: date) -> list[BankDay]:
        """Staff and analysts: the bank by day and currency since `first`, oldest first."""
        query: dict[str, str | int | None] = {"from": first.isoformat(), "limit": 1000}
        return list(self._gateway.pages(BankDay, "/stats/bank", token=self._token(), query=query))

    def pipeline(self) -> Pipeline:
        """Staff and analysts: how the pipeline has been doing."""
        return self._gateway.call(Pipeline, "GET", "/stats/pipeline", token=self._token())

    def _read(self, account_id: str, period: str, start: date, end: date, cursor: str | None) -> Figures:
        return self._gateway.call(
            Figures,
            "GET",
            f"/stats/{period}",
            token=self._token(),
            query={**_days_of(account_id, start, end), "cursor": cursor},
        )


def _days_of(account_id: str, first: date, last: date) -> dict[str, str]:
    return {"account_id": account_id, "from": first.isoformat(), "to": last.isoformat()}
