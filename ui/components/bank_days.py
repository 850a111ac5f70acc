"""The bank's days in charts: each figure of `GET /stats/bank`, an analyst's new one too."""

from collections.abc import Sequence
from datetime import date, timedelta

import streamlit as st

from ui.clients.stats import BankDay, Metric, PeriodFigures
from ui.components import charts, metric_texts, session
from ui.components.money import value_text
from ui.components.text import html
from ui.language import N_, _

HEIGHT = 150
_ONE_DAY = timedelta(days=1)
# By what it is called there: label and unit. What is not named here is a count under its own name.
KNOWN = {
    "deposits": (N_("Paid in from outside"), "minor_units"),
    "inflow": (N_("Money in"), "minor_units"),
    "outflow": (N_("Money out"), "minor_units"),
    "net_change": (N_("Net change"), "minor_units"),
    "transaction_count": (N_("Transactions"), "count"),
    "transfers": (N_("Transfers inside the bank"), "count"),
    "active_accounts": (N_("Active accounts"), "count"),
    "new_accounts": (N_("New accounts"), "count"),
}
# What adds up over days; who was active on two of them is one account.
NO_SUM = {"active_accounts"}


def read(today: date, days: int) -> list[BankDay]:
    """The days with movement among the last `days`, today included."""
    return session.stats().bank_days(first=today - timedelta(days=days - 1))


def currencies(found: Sequence[BankDay]) -> list[str]:
    """Those of the days, the one with the most transactions first."""
    counts: dict[str, int] = {}
    for day in found:
        counts[day.currency] = counts.get(day.currency, 0) + (day.metrics.get("transaction_count") or 0)
    return sorted(counts, key=lambda currency: (-counts[currency], currency))


def metrics_of(found: Sequence[BankDay]) -> list[Metric]:
    """What there is to show: those that are known in their order, then an analyst's."""
    names = dict.fromkeys(name for day in found for name in day.metrics)
    ordered = [name for name in KNOWN if name in names] + [name for name in names if name not in KNOWN]
    described = {name: KNOWN.get(name, (name.replace("_", " ").capitalize(), "count")) for name in ordered}
    return [Metric(name, label, "", unit) for name, (label, unit) in described.items()]


def whole(found: Sequence[BankDay], currency: str, today: date, days: int) -> list[PeriodFigures]:
    """Each day of the time in one currency, oldest first; a day without movement is zero."""
    by_date = {day.date: day for day in found if day.currency == currency}
    nothing = dict.fromkeys((name for day in by_date.values() for name in day.metrics), 0)
    dates = [today - _ONE_DAY * back for back in range(days - 1, -1, -1)]
    return [
        PeriodFigures(
            account_id="",
            period_start=at,
            period_end=at + _ONE_DAY,
            status=by_date[at].status if at in by_date else "provisional" if at == today else "final",
            metrics=by_date[at].metrics if at in by_date else dict(nothing),
        )
        for at in dates
    ]


def show(found: Sequence[BankDay], currency: str, today: date, days: int) -> None:
    """A chart of each figure by day, with its sum over the time."""
    items, metrics = whole(found, currency, today, days), metrics_of(found)
    with st.grid("auto", min_column_width=340, gap="medium", key="tm-bank"):
        for metric in metrics:
            with st.container(border=True, key=f"tm-chart-bank-{metric.name}", gap="xsmall"):
                name = metric_texts.label(metric)
                st.html(
                    f'<h3 class="tm-chart-head">{html(name)}<b>{html(_total(items, metric, currency))}</b></h3>'
                )
                st.altair_chart(
                    charts.bars(items, "daily", metric, currency, height=HEIGHT),
                    alt=_("{figure} by day", figure=name),
                )


def _total(items: Sequence[PeriodFigures], metric: Metric, currency: str) -> str:
    if metric.name in NO_SUM:
        return ""
    return value_text(metric, sum(item.metrics.get(metric.name) or 0 for item in items), currency)
