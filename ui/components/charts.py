"""Charts of balances and flows. Heights are drawn from decimals; what people read is exact text."""

from collections.abc import Sequence
from datetime import datetime

import altair as alt
import pandas as pd

from ui.clients.accounts import Transaction
from ui.clients.stats import Metric, PeriodFigures
from ui.components import when
from ui.components.money import format_money, to_major

HEIGHT = 260
IN, OUT, LINE = "Money in", "Money out", "Balance"
PROVISIONAL = "provisional"


def _money_axis(currency: str) -> alt.Axis:
    label = "datum.value == 0 ? '0' : format(datum.value, '~s')"
    return alt.Axis(labelExpr=label, title=currency or "minor units", tickCount=5, domain=False, ticks=False)


def balance_over_time(
    lines: Sequence[Transaction], currency: str, start: datetime | None, end: datetime
) -> alt.Chart:
    """The running balance as steps; `lines` newest first, `start` None to begin with the oldest of them."""
    first = lines[-1]
    points = [] if start is None else [(start, first.balance_after - first.amount)]
    points += [(line.time, line.balance_after) for line in reversed(lines)]
    points.append((max(end, lines[0].time), lines[0].balance_after))
    zone = end.tzinfo
    frame = pd.DataFrame(
        {
            # Without a zone, so that the browser draws the bank's clock and not its own idea of it.
            "time": [time.astimezone(zone).replace(tzinfo=None) for time, _ in points],
            "balance": [float(to_major(balance, currency)) for _, balance in points],
            "text": [format_money(balance, currency) for _, balance in points],
        }
    )
    return (
        alt.Chart(frame, background="transparent")
        .mark_area(interpolate="step-after", line={"strokeWidth": 2}, fillOpacity=0.14)
        .encode(
            x=alt.X("time:T", axis=alt.Axis(title=None, grid=False, tickCount=5, format="%-d %b")),
            y=alt.Y("balance:Q", axis=_money_axis(currency), scale=alt.Scale(nice=5)),
            tooltip=[
                alt.Tooltip("time:T", title="Time", format="%d %b %Y %H:%M"),
                alt.Tooltip("text:N", title="Balance"),
            ],
        )
        .properties(height=HEIGHT)
    )


def _periods(items: Sequence[PeriodFigures], kind: str) -> list[str]:
    return [when.period(item.period_start, item.period_end, kind) for item in items]


def flows(items: Sequence[PeriodFigures], kind: str, currency: str) -> alt.Chart:
    """What came in (up) and went out (down) in each period; provisional periods paler."""
    rows = []
    for item, name in zip(items, _periods(items, kind), strict=True):
        for side, metric, sign in ((IN, "inflow", 1), (OUT, "outflow", -1)):
            minor = item.metrics.get(metric) or 0
            rows.append(
                {
                    "start": item.period_start.isoformat(),
                    "period": name,
                    "side": side,
                    "value": sign * float(to_major(minor, currency)),
                    "text": format_money(minor, currency),
                    "status": item.status,
                }
            )
    return (
        alt.Chart(pd.DataFrame(rows), background="transparent")
        .mark_bar(cornerRadius=3)
        .encode(
            x=_period_axis(items, kind),
            y=alt.Y("value:Q", axis=_money_axis(currency)),
            color=alt.Color("side:N", sort=[IN, OUT], legend=None),
            opacity=alt.condition(alt.datum.status == PROVISIONAL, alt.value(0.55), alt.value(1)),
            tooltip=[
                alt.Tooltip("period:N", title="Period"),
                alt.Tooltip("side:N", title=" "),
                alt.Tooltip("text:N", title="Amount"),
                alt.Tooltip("status:N", title="Status"),
            ],
        )
        .properties(height=HEIGHT)
    )


def _period_axis(items: Sequence[PeriodFigures], kind: str) -> alt.X:
    marks = {"daily": "%d %b", "weekly": "%d %b", "monthly": "%b %Y"}[kind]
    step = max(1, -(-len(items) // 10))
    shown = [item.period_start.isoformat() for item in items[::-1][::step]]
    # Ordinal, so that each period is as wide as the next whatever its length, and no clock shifts a day.
    axis = alt.Axis(
        title=None,
        labelAngle=0,
        grid=False,
        ticks=False,
        values=shown,
        labelExpr=f"timeFormat(toDate(datum.value + 'T00:00'), '{marks}')",
        labelOverlap=True,
    )
    return alt.X("start:O", axis=axis)


def metric_over_time(items: Sequence[PeriodFigures], kind: str, metric: Metric, currency: str) -> alt.Chart:
    """Any metric of the catalogue, money as a line and counts as bars; gaps where there is no value."""
    is_money = metric.unit == "minor_units"
    rows = []
    for item, name in zip(items, _periods(items, kind), strict=True):
        value = item.metrics.get(metric.name)
        number = None if value is None else float(to_major(value, currency)) if is_money else value
        text = format_money(value, currency) if is_money else ("—" if value is None else f"{value:,}")
        rows.append(
            {
                "start": item.period_start.isoformat(),
                "period": name,
                "value": number,
                "text": text,
                "status": item.status,
            }
        )
    chart = alt.Chart(pd.DataFrame(rows), background="transparent")
    drawn = chart.mark_line(point=True, strokeWidth=2) if is_money else chart.mark_bar(cornerRadius=3)
    axis = _money_axis(currency) if is_money else alt.Axis(title=None, tickMinStep=1, domain=False, ticks=False)
    return drawn.encode(
        x=_period_axis(items, kind),
        y=alt.Y("value:Q", axis=axis),
        tooltip=[
            alt.Tooltip("period:N", title="Period"),
            alt.Tooltip("text:N", title="Value"),
            alt.Tooltip("status:N", title="Status"),
        ],
    ).properties(height=HEIGHT)
