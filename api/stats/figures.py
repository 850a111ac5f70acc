"""Makes figures from published rows: idle periods, provisional averages and status, by pure functions.

Rows are published for periods with a transaction only, with averages as if the last balance stood to the end of
the period. What time alone changes is worked out here, from complete_through.
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice

from api.shared.calendar import MICROSECOND, Period, day_start, days_between, exists, local_date
from api.shared.pages import encode_cursor
from api.stats.models import Account, FiguresQuery, FiguresSnapshot, Metric, Metrics, Row
from api.stats.periods import Cut, microseconds
from api.stats.schemas import Figure, Figures

OpenTime = tuple[datetime, datetime]
# Lambda gives no answer above 6 MB. A value with the longest name that Postgres knows takes 90 bytes there.
VALUES_MAX = 40_000


def rows_max(limit: int, metrics: int) -> int:
    """How many rows of so many statistics each a page has: fewer than its limit when analysts have made many."""
    return max(1, min(limit, VALUES_MAX // max(1, metrics)))


def figures_page(query: FiguresQuery, snapshot: FiguresSnapshot) -> Figures:
    """One page of figures: those with a published row and, between them, the idle ones."""
    publication = snapshot.publication
    if publication is None:
        return Figures(query.period, None, None, None, [])
    found = _figures(query, snapshot, publication.cut)
    items = list(islice(found, rows_max(query.limit, len(snapshot.metrics))))
    cursor = None
    if next(found, None) is not None:
        cursor = encode_cursor(items[-1].account_id, items[-1].period_start)
    elif query.account_ids is None and len(snapshot.accounts) > query.limit:
        # Accounts whose figures this page was to show turned out to have none.
        cursor = encode_cursor(snapshot.accounts[-1].account_id, None)
    return Figures(query.period, publication.complete_through, publication.run_id, cursor, items)


def _figures(query: FiguresQuery, snapshot: FiguresSnapshot, cut: Cut) -> Iterator[Figure]:
    rows = {(row.account_id, row.period_start): row for row in snapshot.rows}
    for account in snapshot.accounts:
        first = query.first_of(account.account_id)
        if first is None:
            continue
        balance = account.carried_balance
        for start, end in _periods(account, query.period, first, query.last, cut):
            row = rows.get((account.account_id, start))
            status = cut.status(end)
            if row is None:
                values = _idle(snapshot.metrics, balance, _open_time(account, start, end, cut))
            else:
                values, balance = row.metrics, row.metrics["closing_balance"] or 0
                if status == "provisional":
                    values = values | _averages(row, balance, _open_time(account, start, end, cut), cut)
            metrics = {metric.name: values.get(metric.name) for metric in snapshot.metrics}
            yield Figure(account.account_id, start, end, status, metrics)


def _periods(account: Account, period: Period, first: date, last: date, cut: Cut) -> Iterator[tuple[date, date]]:
    """The account's periods that start in [first, last], from its opening to its closing or complete_through."""
    if account.opened_at is None or account.opened_at >= cut.complete_through:
        return
    last = min(last, local_date(min(account.closed_at or cut.complete_through, cut.complete_through), cut.zone))
    start = max(first, period.start(local_date(account.opened_at, cut.zone)))
    while start <= last:
        end = period.end(start)
        if exists(start, end, cut.zone):
            yield start, end
        start = end


def _open_time(account: Account, start: date, end: date, cut: Cut) -> OpenTime:
    """The part of a period in which the account was open, as far as it is known; may be empty or reversed."""
    assert account.opened_at is not None
    ends_at = min(day_start(end, cut.zone), cut.complete_through)
    return max(day_start(start, cut.zone), account.opened_at), min(ends_at, account.closed_at or ends_at)


def _idle(catalogue: list[Metric], balance: int, open_time: OpenTime) -> Metrics:
    """A period without a transaction, by the catalogue's rules: the balance stood still."""
    average = balance if open_time[0] < open_time[1] else None
    by_rule = {"zero": 0, "carry": balance, "time_average": average, "day_average": average}
    return {metric.name: by_rule.get(metric.idle_rule) for metric in catalogue}


def _averages(row: Row, balance: int, open_time: OpenTime, cut: Cut) -> Metrics:
    """Both averages at complete_through: the row's sums, and its last balance from where they end."""
    opened, until = open_time
    if opened >= until:
        return {"average_balance": None, "average_daily_balance": None}
    last_at = row.basis.last_transaction_at
    last_day = local_date(until - MICROSECOND, cut.zone)
    integral = int(row.basis.balance_integral) + balance * microseconds(last_at, until)
    days = days_between(local_date(opened, cut.zone), last_day, cut.zone)
    days_after = days_between(local_date(last_at, cut.zone), last_day, cut.zone)
    day_sum = int(row.basis.daily_balance_sum) + balance * days_after
    return {
        "average_balance": rounded_ratio(integral, microseconds(opened, until)),
        "average_daily_balance": rounded_ratio(day_sum, days),
    }


def rounded_ratio(numerator: int, denominator: int) -> int:
    """numerator / denominator (> 0) to the nearest integer, a half away from zero."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude
