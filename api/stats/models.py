"""What the database is asked for, and the published rows it gives, as each statement returns them."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from api.shared.calendar import Period
from api.stats.periods import Cut

Metrics = dict[str, int | None]


class Reader(msgspec.Struct, frozen=True):
    """Who reads: any account (staff and analysts) or their own, and as a person or through a program's token."""

    user_id: UUID
    reads_all: bool
    is_person: bool


class FiguresQuery(msgspec.Struct, frozen=True):
    """Which figures: periods that start in [first, last], and of these at most `limit` after `after`.

    Without `account_ids` they are all that the reader may read. `after` is the account and period_start of the
    last figure of the page before; None for the period stands behind all of the account's figures.
    """

    account_ids: list[UUID] | None
    period: Period
    first: date
    last: date
    limit: int
    after: tuple[UUID, date | None] | None = None

    def first_of(self, account_id: UUID) -> date | None:
        """The earliest period_start of this page for an account; None if its figures are all on earlier pages."""
        if self.after is None or account_id > self.after[0]:
            return self.first
        if account_id < self.after[0] or self.after[1] is None:
            return None
        return self.period.end(self.after[1])


class BankQuery(msgspec.Struct, frozen=True):
    """Which of the bank's days: those in [first, last], and of these at most `limit` after `after`."""

    first: date
    last: date
    currency: str | None
    limit: int
    after: tuple[date, str] | None = None


class Publication(msgspec.Struct, frozen=True):
    """The newest publication: every figure is complete through this moment, cut by this time zone."""

    run_id: str
    complete_through: datetime
    time_zone: str

    @property
    def cut(self) -> Cut:
        """How it cuts time."""
        return Cut(ZoneInfo(self.time_zone), self.complete_through)


class Metric(msgspec.Struct, frozen=True):
    """One statistic of the catalogue; `plain` says in everyday words what `definition` says exactly."""

    name: str
    label: str
    definition: str
    plain: str
    unit: str
    idle_rule: str
    version: int
    position: int
    periods: list[str]


class CatalogueSnapshot(msgspec.Struct, frozen=True):
    """Every statistic, in the catalogue's order, and the publication that it came with."""

    publication: Publication | None
    metrics: list[Metric]


class Account(msgspec.Struct, frozen=True):
    """An account that the caller may read; `opened_at` is null while no publication knows it.

    `carried_balance` is the closing balance of its last row before those that were asked for, minor units.
    """

    account_id: UUID
    opened_at: datetime | None
    closed_at: datetime | None
    carried_balance: int


class Basis(msgspec.Struct, frozen=True):
    """What completes a row's averages: both sums reach up to the last transaction, or to the day before it.

    balance_integral: minor units times microseconds; daily_balance_sum: minor units. Integers as strings.
    """

    last_transaction_at: datetime
    balance_integral: str
    daily_balance_sum: str


class Row(msgspec.Struct, frozen=True):
    """The statistics of one account and period with a transaction."""

    account_id: UUID
    period_start: date
    metrics: Metrics
    basis: Basis


class FiguresSnapshot(msgspec.Struct, frozen=True):
    """All that one page of figures is made from, of one moment; accounts and rows are in order.

    `readable`: how many of the accounts asked for the reader may read, those of earlier pages included. If they
    asked for all, these are as many as a page can need, and one more when there is one.
    """

    publication: Publication | None
    readable: int
    metrics: list[Metric]
    accounts: list[Account]
    rows: list[Row]


class ListedAccount(msgspec.Struct, frozen=True):
    """An account whose statistics the reader may read."""

    account_id: UUID
    number: str
    type: str
    currency: str
    opened_at: datetime
    closed_at: datetime | None


class Access(msgspec.Struct, frozen=True):
    """That the reader may read an account's statistics, and whether it is their own."""

    publication: Publication | None
    is_own: bool


class Transaction(msgspec.Struct, rename={"source": "from", "destination": "to", "at": "time"}):
    """A transaction behind a figure.

    `memo` is empty when there is none, as in statements, and null to whom it is not shown: to programs, and to
    people whose account it is not.
    """

    id: UUID
    transfer_id: UUID
    account_id: UUID
    source: str
    destination: str
    amount: int
    balance_after: int
    sequence: int
    at: datetime
    memo: str | None


class BankRow(msgspec.Struct, frozen=True):
    """The bank as a whole on one day, in one currency."""

    date: date
    currency: str
    metrics: Metrics


class BankSnapshot(msgspec.Struct, frozen=True):
    """One page of the bank's days, in order."""

    publication: Publication | None
    rows: list[BankRow]


class Proof(msgspec.Struct, frozen=True):
    """One proof of a run: how many things it looked at, and how many of them do not hold."""

    name: str
    passed: bool
    checked: int = 0
    failed: int = 0


class Run(msgspec.Struct, frozen=True):
    """A run of the pipeline."""

    run_id: str
    kind: str
    outcome: str
    started_at: datetime
    finished_at: datetime | None
    proofs: list[Proof]
    error: str | None


class Alert(msgspec.Struct, frozen=True):
    """What operators were told last. `kind`: failure, staleness, damage or overdue; `resolved_at` is null while it
    goes on. `detail` is told to staff and analysts only."""

    kind: str
    subject: str
    detail: str | None
    run_id: str | None
    raised_at: datetime
    resolved_at: datetime | None


class History(msgspec.Struct, frozen=True):
    """Since when every published row has been proven, and what is known to be damaged.

    `oldest_proof_at` is null before the first publication. While `damaged_rows` is not 0, nothing is published;
    the days are those that are to be made anew.
    """

    oldest_proof_at: datetime | None
    oldest_proof_age_days: int | None
    damaged_rows: int
    damaged_since: datetime | None
    first_damaged_day: date | None
    last_damaged_day: date | None


class StatusSnapshot(msgspec.Struct, frozen=True):
    """The newest publication, the newest finished and the newest started run, and the newest alert."""

    publication: Publication | None
    lag_s: float | None
    finished: Run | None
    started: Run | None
    alert: Alert | None
    history: History


class PipelineSnapshot(msgspec.Struct, frozen=True):
    """The newest runs, newest first, and the alerts that are open or were raised last, newest first."""

    runs: list[Run]
    alerts: list[Alert]
