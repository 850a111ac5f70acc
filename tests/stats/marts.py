"""Published rows as the warehouse makes them: the oracle at each period's end, and sums for the basis."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.oracle import Account, Metrics, PeriodType, Transaction, account_statistics, day_start, local_date

PERIODS: tuple[PeriodType, ...] = ("daily", "weekly", "monthly")

# Name, unit and idle rule, in the catalogue's order.
CATALOGUE = (
    ("opening_balance", "minor_units", "carry"),
    ("closing_balance", "minor_units", "carry"),
    ("inflow", "minor_units", "zero"),
    ("outflow", "minor_units", "zero"),
    ("net_change", "minor_units", "zero"),
    ("transaction_count", "count", "zero"),
    ("inflow_count", "count", "zero"),
    ("outflow_count", "count", "zero"),
    ("largest_transaction", "minor_units", "none"),
    ("largest_inflow", "minor_units", "none"),
    ("largest_outflow", "minor_units", "none"),
    ("average_balance", "minor_units", "time_average"),
    ("average_daily_balance", "minor_units", "day_average"),
    ("min_balance", "minor_units", "carry"),
    ("max_balance", "minor_units", "carry"),
    ("active_days", "days", "zero"),
    ("counterparty_count", "count", "zero"),
)


class MartRow(NamedTuple):
    """One row of a mart, in the columns of stats.stats."""

    period: PeriodType
    period_start: date
    period_end: date
    metrics: Metrics
    basis: dict[str, Any]


def mart_rows(
    account: Account, transactions: Sequence[Transaction], zone: ZoneInfo, complete_through: datetime
) -> list[MartRow]:
    """The account's rows of all three marts at complete_through: periods with a transaction only."""
    known = [t for t in transactions if t.at < complete_through]
    rows = []
    for period in PERIODS if known else ():
        # Long after the last transaction every period is over, with the balance carried to its end.
        for row in account_statistics(account, known, period, zone, known[-1].at + timedelta(days=40)):
            starts_at, ends_at = day_start(row.period_start, zone), day_start(row.period_end, zone)
            inside = [t for t in known if starts_at <= t.at < ends_at]
            if inside:
                basis = _basis(
                    row.metrics["opening_balance"] or 0, inside, max(starts_at, account.opened_at), zone
                )
                rows.append(MartRow(period, row.period_start, row.period_end, row.metrics, basis))
    return rows


def _basis(opening: int, inside: Sequence[Transaction], opened: datetime, zone: ZoneInfo) -> dict[str, Any]:
    integral, balance, since = 0, opening, opened
    for transaction in inside:
        integral += balance * ((transaction.at - since) // timedelta(microseconds=1))
        balance, since = balance + transaction.amount, transaction.at
    day, day_sum = local_date(opened, zone), 0
    while day < local_date(since, zone):
        day += timedelta(days=1)
        day_sum += opening + sum(t.amount for t in inside if t.at < day_start(day, zone))
    return {
        "last_transaction_at": since.astimezone(UTC).isoformat(),
        "balance_integral": str(integral),
        "daily_balance_sum": str(day_sum),
    }
