"""What a reader makes of a mart's row at complete_through, from the contract of the basis columns alone."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle import Account, Metrics, day_start, local_date, rounded_half_away


def completed(
    row: dict[str, Any], metrics: Metrics, account: Account, zone: ZoneInfo, complete_through: datetime
) -> Metrics:
    """`metrics` of the row; while the period is provisional, with both averages as of complete_through."""
    starts_at, ends_at = day_start(row["period_start"], zone), day_start(row["period_end"], zone)
    if complete_through >= ends_at:
        return metrics
    last_at, closing = row["last_transaction_at"], row["closing_balance"]
    open_from = max(starts_at, account.opened_at)
    open_until = min(ends_at, account.closed_at or ends_at, complete_through)
    open_us = (open_until - open_from) // timedelta(microseconds=1)
    integral = int(row["balance_integral"]) + closing * ((open_until - last_at) // timedelta(microseconds=1))
    days = [
        day
        for day in _days(row["period_start"], row["period_end"])
        if max(day_start(day, zone), account.opened_at) < min(day_start(day + timedelta(days=1), zone), open_until)
    ]
    day_sum = int(row["daily_balance_sum"]) + closing * sum(day >= local_date(last_at, zone) for day in days)
    return {
        **metrics,
        "average_balance": rounded_half_away(Fraction(integral, open_us)) if open_us > 0 else None,
        "average_daily_balance": rounded_half_away(Fraction(day_sum, len(days))) if days else None,
    }


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=number) for number in range((end - start).days)]
