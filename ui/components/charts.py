"""Charts of balances and flows. Heights are drawn from decimals; what people read is exact text."""

import json
from collections.abc import Sequence
from datetime import datetime

import altair as alt
import pandas as pd

from ui.clients.statement import Transaction
from ui.clients.stats import Metric, PeriodFigures
from ui.components import when
from ui.components.money import format_money, to_major, value_text
from ui.language import _, locale
from ui.language.vega import chart_locale

HEIGHT = 260
IN, OUT = "in", "out"
PROVISIONAL = "provisional"
PICKED = "picked"
CLEAR = "transparent"


@alt.theme.register("tidemark", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    """Every chart's axes are written as the reader's locale does it."""
    return alt.theme.ThemeConfig(config={"locale": chart_locale(locale())})


def _money_axis(currency: str, ticks: int = 5) -> alt.Axis:
    label = "datum.value == 0 ? '0' : format(datum.value, '~s')"
    return alt.Axis(
        labelExpr=label, title=currency or _("minor units"), tickCount=ticks, domain=False, ticks=False
    )


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
        alt.Chart(frame, background=CLEAR)
        .mark_area(interpolate="step-after", line={"strokeWidth": 2}, fillOpacity=0.14)
        .encode(
            x=alt.X("time:T", axis=alt.Axis(title=None, grid=False, tickCount=5, format=_("%-d %b"))),
            y=alt.Y("balance:Q", axis=_money_axis(currency), scale=alt.Scale(nice=5)),
            tooltip=[
                alt.Tooltip("time:T", title=_("Time"), format="%d %b %Y %H:%M"),
                alt.Tooltip("text:N", title=_("Balance")),
            ],
        )
        .properties(height=HEIGHT)
    )


def bars(
    items: Sequence[PeriodFigures], kind: str, metric: Metric, currency: str, *, height: int, opens: bool = False
) -> alt.Chart:
    """A figure of each period as bars, on a scale of its own; provisional periods paler.

    With `opens`, a click on a bar selects it under the name PICKED, with its period's `start`.
    """
    colour = alt.Color("side:N", sort=[IN, OUT], scale=alt.Scale(domain=[IN, OUT]), legend=None)
    rows = _rows(items, kind, metric, currency, side=OUT if metric.name == "outflow" else IN)
    is_money = metric.unit == "minor_units"
    counts = alt.Axis(title=None, tickMinStep=1, tickCount=3, domain=False, ticks=False)
    chart = (
        alt.Chart(rows, background=CLEAR)
        .mark_bar(cornerRadius=3, cursor="pointer" if opens else "default")
        .encode(
            x=_period_axis(items, kind),
            y=alt.Y("value:Q", axis=_money_axis(currency, ticks=3) if is_money else counts),
            color=colour,
            opacity=alt.condition(alt.datum.status == PROVISIONAL, alt.value(0.55), alt.value(1)),
            tooltip=_tooltip(),
        )
        .properties(height=height)
    )
    return chart.add_params(alt.selection_point(name=PICKED, fields=["start"])) if opens else chart


def _rows(
    items: Sequence[PeriodFigures], kind: str, metric: Metric, currency: str, side: str = ""
) -> pd.DataFrame:
    """A row for each period; heights from decimals, texts exact, no value where there is none."""
    is_money = metric.unit == "minor_units"
    rows = []
    for item in items:
        value = item.metrics.get(metric.name)
        number = None if value is None else float(to_major(value, currency)) if is_money else value
        rows.append(
            {
                "start": item.period_start.isoformat(),
                "period": when.period(item.period_start, item.period_end, kind),
                "side": side,
                "value": number,
                "text": value_text(metric, value, currency),
                "status": item.status,
                "status_text": _("final") if item.is_final else _("provisional"),
            }
        )
    return pd.DataFrame(rows)


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("period:N", title=_("Period")),
        alt.Tooltip("text:N", title=_("Value")),
        alt.Tooltip("status_text:N", title=_("Status")),
    ]


def _period_axis(items: Sequence[PeriodFigures], kind: str) -> alt.X:
    names = {item.period_start.isoformat(): when.short_period(item.period_start, kind) for item in items}
    step = max(1, -(-len(items) // 10))
    shown = [item.period_start.isoformat() for item in items[::-1][::step]]
    # Ordinal, so that each period is as wide as the next whatever its length, and no clock shifts a day.
    axis = alt.Axis(
        title=None,
        labelAngle=0,
        grid=False,
        ticks=False,
        values=shown,
        labelExpr=f"{json.dumps(names, ensure_ascii=False)}[datum.value]",
        labelOverlap=True,
    )
    return alt.X("start:O", axis=axis)


def metric_over_time(
    items: Sequence[PeriodFigures], kind: str, metric: Metric, currency: str, *, height: int = HEIGHT
) -> alt.Chart:
    """Any metric of the catalogue, money as a line and counts as bars; gaps where there is no value."""
    is_money = metric.unit == "minor_units"
    chart = alt.Chart(_rows(items, kind, metric, currency), background=CLEAR)
    drawn = chart.mark_line(point=True, strokeWidth=2) if is_money else chart.mark_bar(cornerRadius=3)
    axis = _money_axis(currency) if is_money else alt.Axis(title=None, tickMinStep=1, domain=False, ticks=False)
    return drawn.encode(x=_period_axis(items, kind), y=alt.Y("value:Q", axis=axis), tooltip=_tooltip()).properties(
        height=height
    )
