"""An account's statistics, for its owner and for staff: tiles, charts, every metric, a spreadsheet."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.stats import Figures, Metric, PeriodFigures, Status
from ui.components import cards, charts, compare, counted, layout, problems, session, when
from ui.components.money import value_text
from ui.components.text import html

LABELS = {"daily": "Day", "weekly": "Week", "monthly": "Month"}
SPANS = {"daily": (14, 30, 90), "weekly": (8, 26, 52), "monthly": (6, 12, 24)}
UNITS = {"daily": "days", "weekly": "weeks", "monthly": "months"}
DAYS = {"daily": 1, "weekly": 7, "monthly": 31}
TILES = ("closing_balance", "inflow", "outflow", "net_change", "average_balance", "transaction_count")
POLL_EVERY_S = 5
_LATE = {
    "stale": ". The next refresh is late; these are the last good figures.",
    "failed": ". The latest refresh did not finish; these are the last good figures.",
    "refused": ". The latest refresh did not pass our proofs; these are the last good figures.",
}
_FLOWS_HEAD = (
    '<h3 class="tm-chart-head">In and out<span class="tm-key"><i class="tm-key-in"></i>in'
    '<i class="tm-key-out"></i>out</span></h3>'
)


def freshness_text(status: Status, now: datetime) -> str:
    """Up to when the figures are complete, in words."""
    if status.complete_through is None:
        return "The first statistics are being prepared."
    text = f"Complete through {when.moment(status.complete_through, now=now, seconds=True)}"
    return text + _LATE.get(status.state, "")


@st.fragment(run_every=POLL_EVERY_S)
def freshness(shown: Status) -> None:
    """Say how fresh the figures are, and show newer ones by itself once there are any."""
    try:
        latest = session.stats().status()
    except ApiError as error:
        st.caption(problems.sentence(error))
        return
    tone = "late" if latest.state in _LATE else "good"
    st.html(f'<p class="tm-fresh tm-fresh-{tone}"><i></i>{html(freshness_text(latest, when.now()))}</p>')
    if (latest.run_id, latest.complete_through) != (shown.run_id, shown.complete_through):
        st.session_state["ran_by_itself"] = True
        st.rerun()


def show(account_id: str, currency: str) -> None:
    """Everything about one account; waits, and says so, while there is nothing yet."""
    client = session.stats()
    kind, count = _choice()
    # Freshness first: figures read afterwards are never older than what is compared with later.
    status = client.status()
    figures = _read(account_id, kind, count)
    freshness(status)
    if figures is None or not figures.items:
        layout.empty(
            "The first statistics are on their way",
            "They come with the next refresh, within two minutes. This page shows them by itself.",
            "hourglass_top",
        )
        return
    catalogue = [metric for metric in client.metrics() if kind in metric.periods]
    _overview(figures.items, kind, catalogue, currency, figures.complete_through)
    _explore(figures.items, kind, catalogue, currency)
    _every_period(figures.items, kind, catalogue, currency)


def _choice() -> tuple[str, int]:
    with st.container(horizontal=True, gap="medium"):
        kind = st.segmented_control(
            "By",
            list(LABELS),
            format_func=lambda name: LABELS[name],
            default="daily",
            required=True,
            key="stats_kind",
        )
        kind = kind or "daily"
        count = st.segmented_control(
            "Show the last",
            SPANS[kind],
            format_func=lambda number: f"{number} {UNITS[kind]}",
            default=SPANS[kind][0],
            required=True,
            key=f"stats_span_{kind}",
        )
    return kind, count or SPANS[kind][0]


def _read(account_id: str, kind: str, count: int) -> Figures | None:
    end = datetime.now(UTC).date() + timedelta(days=2)
    start = end - timedelta(days=DAYS[kind] * (count + 1) + 2)
    try:
        found = session.stats().figures(account_id, kind, start=start, end=end)
    except ApiError as error:
        # An account younger than the newest publication is not known to the statistics yet.
        if error.status == 404:
            return None
        raise
    return Figures(found.period, found.items[-count:], found.complete_through, found.run_id)


def _overview(
    items: Sequence[PeriodFigures],
    kind: str,
    catalogue: list[Metric],
    currency: str,
    complete_through: datetime | None,
) -> None:
    by_name = {metric.name: metric for metric in catalogue}
    names = {when.period(item.period_start, item.period_end, kind): item for item in reversed(items)}
    title, mark = st.columns([1, 1], gap="medium", vertical_alignment="bottom")
    with title:
        chosen = st.selectbox("Period", list(names), key=f"stats_period_{kind}")
    item = names[chosen]
    before = next((other for other in items if other.period_end == item.period_start), None)
    base = compare.base_of(item, before, kind, complete_through) if before is not None else None
    with mark:
        st.html(_mark(item))
    tiles = []
    for name in TILES:
        if name in by_name:
            value = item.metrics.get(name)
            note = base.note(by_name[name], value, currency) if base is not None else ""
            tone = "in" if name == "inflow" and value else "out" if name == "outflow" and value else ""
            tiles.append(cards.Tile(by_name[name].label, value_text(by_name[name], value, currency), note, tone))
    st.html(cards.tiles(tiles))
    counted.show(item, kind, currency)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, key="tm-chart-flows"):
        st.html(_FLOWS_HEAD)
        st.altair_chart(charts.flows(items, kind, currency), alt="Money in and out by period")
    if "closing_balance" in by_name:
        with right, st.container(border=True, key="tm-chart-balance"):
            st.html('<h3 class="tm-chart-head">Balance</h3>')
            st.altair_chart(
                charts.metric_over_time(items, kind, by_name["closing_balance"], currency),
                alt="Closing balance by period",
            )
    st.subheader("Every figure", anchor=False)
    with st.container(border=True, key="tm-figures"):
        st.html(_table(item, before, kind, catalogue, currency))


def _mark(item: PeriodFigures) -> str:
    name, text = "Provisional", "The period is not over for the books; its figures still move."
    if item.is_final:
        name, text = "Final", "These figures can no longer change."
    return f'<p class="tm-mark"><span class="tm-pill tm-pill-{name.lower()}">{name}</span> {text}</p>'


def _table(
    item: PeriodFigures, before: PeriodFigures | None, kind: str, catalogue: list[Metric], currency: str
) -> str:
    rows = []
    was_name = "—" if before is None else f"All of {when.period(before.period_start, before.period_end, kind)}"
    now_name = when.period(item.period_start, item.period_end, kind)
    now_name = now_name if item.is_final else f"{now_name}, so far"
    for metric in catalogue:
        now = value_text(metric, item.metrics.get(metric.name), currency)
        was = value_text(metric, before.metrics.get(metric.name), currency) if before is not None else "—"
        rows.append(
            f'<tr><th scope="row"><b>{html(metric.label)}</b><span>{html(metric.definition)}</span></th>'
            f'<td class="tm-num">{html(now)}</td><td class="tm-num tm-was">{html(was)}</td></tr>'
        )
    return (
        f'<table class="tm-figures"><thead><tr><th>Figure</th><th class="tm-num">{html(now_name)}</th>'
        f'<th class="tm-num tm-was">{html(was_name)}</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _explore(items: Sequence[PeriodFigures], kind: str, catalogue: list[Metric], currency: str) -> None:
    st.subheader("Any figure over time", anchor=False)
    by_name = {metric.name: metric for metric in catalogue}
    names = list(by_name)
    default = names.index("average_balance") if "average_balance" in names else 0
    chosen = st.selectbox(
        "Figure",
        names,
        index=default,
        format_func=lambda name: by_name[name].label,
        key="stats_metric",
        width=380,
    )
    metric = by_name[chosen]
    with st.container(border=True, key="tm-chart-metric"):
        st.html(f'<p class="tm-definition">{html(metric.definition)}</p>')
        st.altair_chart(charts.metric_over_time(items, kind, metric, currency), alt="The chosen figure by period")


def _every_period(items: Sequence[PeriodFigures], kind: str, catalogue: list[Metric], currency: str) -> None:
    client = session.stats()
    st.caption(when.zone_note())
    with st.expander("Every period as a table", icon=":material/table:"):
        st.html(_grid(items, kind, catalogue, currency))
    st.download_button(
        "Download as CSV",
        data=partial(
            client.figures_csv,
            items[0].account_id,
            kind,
            first=items[0].period_start,
            last=items[-1].period_start,
        ),
        file_name=f"tidemark-{kind}-statistics.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _grid(items: Sequence[PeriodFigures], kind: str, catalogue: list[Metric], currency: str) -> str:
    heads = "".join(f'<th class="tm-num">{html(metric.label)}</th>' for metric in catalogue)
    rows = []
    for item in reversed(items):
        name = html(when.period(item.period_start, item.period_end, kind))
        tone = "final" if item.is_final else "provisional"
        cells = "".join(
            f'<td class="tm-num">{html(value_text(metric, item.metrics.get(metric.name), currency))}</td>'
            for metric in catalogue
        )
        pill = f'<span class="tm-pill tm-pill-{tone}">{tone}</span>'
        rows.append(f'<tr><th scope="row">{name}</th><td>{pill}</td>{cells}</tr>')
    return (
        '<div class="tm-scroll"><table class="tm-grid"><thead><tr><th>Period</th><th>Status</th>'
        f"{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
