"""The statistics as README defines them, calculated a second time in plain Python, from the definitions alone.

Nothing here is shared with the warehouse, the pipeline or the stats service, and nothing is clever: each metric
is a loop over an account's transactions or over a period's days. Tests compare everything else with it.

    from tests.oracle import Account, Transaction, account_statistics
    for row in account_statistics(account, transactions, "weekly", ZoneInfo("Europe/Prague"), complete_through):
        row.period_start, row.status, row.metrics["average_balance"]

`bank_days` does the same for the bank as a whole, by day and currency.

Units: money is int minor units; times are aware datetimes; periods are [start, end), dates of the zone's calendar.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

PeriodType = Literal["daily", "weekly", "monthly"]
Metrics = dict[str, int | None]

METRICS = (
    "opening_balance",
    "closing_balance",
    "inflow",
    "outflow",
    "net_change",
    "transaction_count",
    "inflow_count",
    "outflow_count",
    "largest_transaction",
    "largest_inflow",
    "largest_outflow",
    "average_balance",
    "average_daily_balance",
    "min_balance",
    "max_balance",
    "active_days",
    "counterparty_count",
)


@dataclass(frozen=True)
class Account:
    """An account's life: open in [opened_at, closed_at), or from opened_at on when closed_at is None."""

    account_id: UUID
    opened_at: datetime
    closed_at: datetime | None = None
    currency: str = "CZK"


@dataclass(frozen=True)
class Transaction:
    """One movement on one account; `amount` is signed. Sequence order is time order (equal times are allowed)."""

    account_id: UUID
    sequence: int
    at: datetime
    amount: int
    counterparty: str


@dataclass(frozen=True)
class PeriodStatistics:
    """What the API must answer for one account and period at complete_through; `metrics` has all of METRICS."""

    account_id: UUID
    period_start: date
    period_end: date
    status: Literal["final", "provisional"]
    metrics: Metrics


def account_statistics(
    account: Account,
    transactions: Sequence[Transaction],
    period: PeriodType,
    zone: ZoneInfo,
    complete_through: datetime,
) -> list[PeriodStatistics]:
    """One row for every period in which the account was open before `complete_through`, idle ones included.

    The first period is the one that holds opened_at, the last the one that holds the earlier of closed_at and
    complete_through. `transactions` are this account's, in any order; those at or after complete_through are
    not known yet and play no part. An account opened at or after complete_through has no rows.
    """
    account, complete_through = _in_utc(account), complete_through.astimezone(UTC)
    if account.opened_at >= complete_through:
        return []
    known = [replace(t, at=t.at.astimezone(UTC)) for t in transactions if t.at < complete_through]
    known.sort(key=lambda t: t.sequence)
    last_moment = min(account.closed_at or complete_through, complete_through)
    last_day = local_date(last_moment, zone)
    rows = []
    for start, end in periods(period, local_date(account.opened_at, zone), last_day):
        if day_start(start, zone) == day_start(end, zone):
            continue  # a day that never was
        final = complete_through >= day_start(end, zone)
        rows.append(
            PeriodStatistics(
                account_id=account.account_id,
                period_start=start,
                period_end=end,
                status="final" if final else "provisional",
                metrics=_metrics(account, known, start, end, zone, complete_through),
            )
        )
    return rows


def _in_utc(account: Account) -> Account:
    # Python compares and subtracts two times of one zone by their clocks: wrong on the days this is all about.
    closed_at = account.closed_at.astimezone(UTC) if account.closed_at else None
    return replace(account, opened_at=account.opened_at.astimezone(UTC), closed_at=closed_at)


def bank_days(
    accounts: Iterable[Account], transactions: Iterable[Transaction], zone: ZoneInfo, complete_through: datetime
) -> dict[tuple[date, str], dict[str, int]]:
    """The bank's figures by (day, currency), for the days with a transaction or an account opened.

    A counterparty outside the bank begins with `external:`; a transfer inside is a transaction on each side.
    """
    accounts = list(accounts)
    currency_of = {account.account_id: account.currency for account in accounts}
    days: dict[tuple[date, str], dict[str, int]] = {}
    active: set[tuple[date, UUID]] = set()

    def figures(moment: datetime, currency: str) -> dict[str, int]:
        names = ("deposits", "inflow", "outflow", "net_change", "transaction_count", "transfers")
        empty = dict.fromkeys((*names, "active_accounts", "new_accounts"), 0)
        return days.setdefault((local_date(moment, zone), currency), empty)

    for account in accounts:
        if account.opened_at < complete_through:
            figures(account.opened_at, account.currency)["new_accounts"] += 1
    for transaction in transactions:
        if transaction.at >= complete_through:
            continue
        day = figures(transaction.at, currency_of[transaction.account_id])
        is_external = transaction.counterparty.startswith("external:")
        day["net_change"] += transaction.amount
        day["transaction_count"] += 1
        day["inflow"] += max(transaction.amount, 0)
        day["outflow"] += max(-transaction.amount, 0)
        day["deposits"] += max(transaction.amount, 0) if is_external else 0
        day["transfers"] += transaction.amount < 0 and not is_external
        key = local_date(transaction.at, zone), transaction.account_id
        day["active_accounts"] += key not in active
        active.add(key)
    return days


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The day of the zone's calendar that holds a moment: the clock's date, if that has come for good."""
    day = moment.astimezone(zone).date()
    return day if day_start(day, zone) <= moment else day - timedelta(days=1)


@cache
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The moment from which on the zone's clock never shows an earlier date: found by looking at the clock."""
    before = datetime.combine(day, time(0), tzinfo=UTC) + timedelta(hours=40)
    while before.astimezone(zone).date() >= day:
        before -= timedelta(minutes=15)
    after = before + timedelta(minutes=15)
    while after - before > timedelta(microseconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).date() < day:
            before = middle
        else:
            after = middle
    return after


def period_of(period: PeriodType, day: date) -> tuple[date, date]:
    """First day, and first day after, of the period that holds `day`."""
    if period == "daily":
        return day, day + timedelta(days=1)
    if period == "weekly":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def periods(period: PeriodType, first_day: date, last_day: date) -> Iterator[tuple[date, date]]:
    """The periods from the one that holds `first_day` to the one that holds `last_day`."""
    start, end = period_of(period, first_day)
    while start <= last_day:
        yield start, end
        start, end = period_of(period, end)


def rounded_half_away(value: Fraction) -> int:
    """The nearest integer; a half goes away from zero."""
    magnitude = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return magnitude if value >= 0 else -magnitude


def _metrics(
    account: Account,
    known: Sequence[Transaction],
    start: date,
    end: date,
    zone: ZoneInfo,
    complete_through: datetime,
) -> Metrics:
    starts_at, ends_at = day_start(start, zone), day_start(end, zone)
    inside = [t for t in known if starts_at <= t.at < ends_at]
    opening = sum(t.amount for t in known if t.at < starts_at)
    balances = [opening]
    for transaction in inside:
        balances.append(balances[-1] + transaction.amount)
    inflows = [t.amount for t in inside if t.amount > 0]
    outflows = [-t.amount for t in inside if t.amount < 0]
    open_from = max(starts_at, account.opened_at)
    open_until = min(ends_at, complete_through, account.closed_at or ends_at)
    return {
        "opening_balance": opening,
        "closing_balance": balances[-1],
        "inflow": sum(inflows),
        "outflow": sum(outflows),
        "net_change": sum(inflows) - sum(outflows),
        "transaction_count": len(inside),
        "inflow_count": len(inflows),
        "outflow_count": len(outflows),
        "largest_transaction": max((abs(t.amount) for t in inside), default=None),
        "largest_inflow": max(inflows, default=None),
        "largest_outflow": max(outflows, default=None),
        "average_balance": _average_balance(opening, inside, open_from, open_until),
        "average_daily_balance": _average_daily_balance(
            account, opening, inside, start, end, zone, complete_through
        ),
        "min_balance": min(balances),
        "max_balance": max(balances),
        "active_days": len({local_date(t.at, zone) for t in inside}),
        "counterparty_count": len({t.counterparty for t in inside}),
    }


def _average_balance(
    opening: int, inside: Sequence[Transaction], open_from: datetime, open_until: datetime
) -> int | None:
    if open_until <= open_from:
        return None
    integral, balance, since = 0, opening, open_from
    for transaction in inside:
        integral += balance * _microseconds(since, transaction.at)
        balance, since = balance + transaction.amount, transaction.at
    integral += balance * _microseconds(since, open_until)
    return rounded_half_away(Fraction(integral, _microseconds(open_from, open_until)))


def _microseconds(earlier: datetime, later: datetime) -> int:
    return (later - earlier) // timedelta(microseconds=1)


def _average_daily_balance(
    account: Account,
    opening: int,
    inside: Sequence[Transaction],
    start: date,
    end: date,
    zone: ZoneInfo,
    complete_through: datetime,
) -> int | None:
    ends_of_day = []
    day = start
    while day < end:
        begins, ends = day_start(day, zone), day_start(day + timedelta(days=1), zone)
        was_open = max(begins, account.opened_at) < min(ends, complete_through, account.closed_at or ends)
        if was_open:
            ends_of_day.append(opening + sum(t.amount for t in inside if t.at < ends))
        day += timedelta(days=1)
    if not ends_of_day:
        return None
    return rounded_half_away(Fraction(sum(ends_of_day), len(ends_of_day)))
