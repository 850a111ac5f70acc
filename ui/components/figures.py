"""An account's statistics, for its owner and for staff: a sentence, what each figure is, charts, every period."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.stats import Figures, Metric, PeriodFigures
from ui.components import behind, charts, compare, freshness, layout, metric_texts, session, when
from ui.components.compare import Base
from ui.components.money import format_money, value_text
from ui.components.text import html, literal
from ui.language import N_, _, _n

LABELS = {"monthly": N_("Month"), "weekly": N_("Week"), "daily": N_("Day")}
SPANS = {"monthly": (6, 12, 24), "weekly": (8, 26, 52), "daily": (14, 30, 90)}
DAYS = {"daily": 1, "weekly": 7, "monthly": 31}
GROUPS = {"money": N_("Money"), "balance": N_("Balance"), "activity": N_("Activity")}
BARS_HEIGHT = 104
BALANCE_HEIGHT = 250


def show(account_id: str, currency: str, *, statement_at: str | None = None) -> None:
    """Everything about one account; waits, and says so, while there is nothing yet.

    `statement_at`: the page where the person reads the account's statement, if they may: what is not in yet can be
    named then, and each transaction leads there.
    """
    client = session.stats()
    if layout.has_just_come():
        behind.close()
    controls = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    with controls:
        kind, count = _choice()
    # Freshness first: figures read afterwards are never older than what is compared with later.
    status = client.status()
    figures = _read(account_id, kind, count)
    freshness.line(status, account_id if statement_at else None)
    if figures is None or not figures.items:
        layout.empty(
            _("The first statistics are on their way"),
            _("They come with the next refresh, within two minutes. This page shows them by itself."),
            "hourglass_top",
        )
        return
    items = figures.items
    catalogue = [metric for metric in client.metrics() if kind in metric.periods]
    with controls:
        item, base = _period(items, kind, figures.complete_through)
    st.html(_headline(item, kind, catalogue, base, currency))
    _charts(items, kind, catalogue, currency)
    _groups(item, kind, catalogue, base, currency)
    _every_period(items, kind, catalogue, currency)
    behind.window(items, kind, catalogue, currency, statement_at)


def _choice() -> tuple[str, int]:
    kind = st.segmented_control(
        _("By"),
        list(LABELS),
        format_func=lambda name: _(LABELS[name]),
        default="monthly",
        required=True,
        key="stats_kind",
    )
    kind = kind or "monthly"
    count = st.segmented_control(
        _("Show the last"),
        SPANS[kind],
        format_func=lambda number: _span(kind, number),
        default=SPANS[kind][0],
        required=True,
        key=f"stats_span_{kind}",
    )
    return kind, count or SPANS[kind][0]


def _span(kind: str, count: int) -> str:
    if kind == "daily":
        return _n("{count} day", "{count} days", count)
    if kind == "weekly":
        return _n("{count} week", "{count} weeks", count)
    return _n("{count} month", "{count} months", count)


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


def _period(
    items: Sequence[PeriodFigures], kind: str, complete_through: datetime | None
) -> tuple[PeriodFigures, Base | None]:
    """The period that the person looks at, the newest to begin with, and what it is compared with."""
    by_start = {item.period_start: item for item in reversed(items)}
    chosen: date = st.selectbox(
        _("Period"),
        list(by_start),
        format_func=lambda start: when.period(start, by_start[start].period_end, kind),
        key=f"stats_period_{kind}",
        width=240,
    )
    item = by_start[chosen]
    before = next((other for other in items if other.period_end == item.period_start), None)
    return item, compare.base_of(item, before, kind, complete_through) if before is not None else None


def _headline(
    item: PeriodFigures, kind: str, catalogue: Sequence[Metric], base: Base | None, currency: str
) -> str:
    """HTML of the period in one sentence, how it compares, and whether it can still change."""
    compared = []
    if base is not None:
        by_name = {metric.name: metric for metric in catalogue}
        for name, said in (("outflow", _("Money out")), ("inflow", _("Money in"))):
            if name in by_name and (note := base.note(by_name[name], item.metrics.get(name), currency)):
                compared.append(f"{said}: {note}")
    return (
        f'<div class="tm-headline"><h2>{html(sentence(item, kind, currency))}</h2>'
        f"<p>{html(' · '.join(compared))}</p>{_mark(item)}</div>"
    )


def sentence(item: PeriodFigures, kind: str, currency: str) -> str:
    """ "November 2026 so far: €3,500.00 came in and €1,200.00 went out, €2,300.00 more than at the start." """
    name = when.period(item.period_start, item.period_end, kind)
    head = name if item.is_final else _("{period} so far", period=name)
    came, went = item.metrics.get("inflow") or 0, item.metrics.get("outflow") or 0
    values = {
        "head": head,
        "came": format_money(came, currency),
        "went": format_money(went, currency),
        "net": format_money(abs(came - went), currency),
    }
    if not came and not went:
        return _("{head}: nothing came in and nothing went out.", **values)
    if came > went:
        return _("{head}: {came} came in and {went} went out, {net} more than at the start.", **values)
    if came < went:
        return _("{head}: {came} came in and {went} went out, {net} less than at the start.", **values)
    return _("{head}: {came} came in and just as much went out.", **values)


def _mark(item: PeriodFigures) -> str:
    if item.is_final:
        tone, name = "final", _("Final")
        text = _("The period is over, and its figures can no longer change.")
    else:
        tone, name = "provisional", _("Provisional")
        text = _("The period is not over for the books yet, so its figures still move.")
    return f'<p class="tm-mark"><span class="tm-pill tm-pill-{tone}">{html(name)}</span> {html(text)}</p>'


def _charts(items: Sequence[PeriodFigures], kind: str, catalogue: Sequence[Metric], currency: str) -> None:
    by_name = {metric.name: metric for metric in catalogue}
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, key="tm-chart-flows", gap="xsmall"):
        # Scales of their own: a salary would crush the small spendings of a month beside it.
        for name in ("inflow", "outflow"):
            if name in by_name:
                _bars(items, kind, by_name[name], currency)
    if "closing_balance" in by_name:
        with right, st.container(border=True, key="tm-chart-balance", gap="xsmall"):
            st.html(f'<h3 class="tm-chart-head">{html(_("Balance"))}</h3>')
            st.altair_chart(
                charts.metric_over_time(items, kind, by_name["closing_balance"], currency, height=BALANCE_HEIGHT),
                alt=_("Closing balance by period"),
            )


def _bars(items: Sequence[PeriodFigures], kind: str, metric: Metric, currency: str) -> None:
    """Bars that open what is behind them. The key changes with each opening, so that no bar stays selected."""
    name = metric_texts.label(metric)
    key = f"stats_bars_{metric.name}_{kind}_{st.session_state.get('stats_opened', 0)}"
    account_id = items[0].account_id

    def picked() -> None:
        chosen = st.session_state[key].selection.get(charts.PICKED)
        if chosen:
            behind.open_(account_id, kind, date.fromisoformat(chosen[0]["start"]), metric.name)
            st.session_state["stats_opened"] = st.session_state.get("stats_opened", 0) + 1

    st.html(f'<h3 class="tm-chart-head">{html(name)}</h3>')
    st.altair_chart(
        charts.bars(items, kind, metric, currency, height=BARS_HEIGHT, opens=True),
        key=key,
        on_select=picked,
        selection_mode=charts.PICKED,
        alt=_("{figure} by period; a bar opens the transactions behind it", figure=name),
    )


def _groups(item: PeriodFigures, kind: str, catalogue: Sequence[Metric], base: Base | None, currency: str) -> None:
    """Every figure in its group; each opens what is behind it."""
    for group, place in zip(GROUPS, st.columns(len(GROUPS), gap="medium"), strict=True):
        with place, st.container(border=True, key=f"tm-group-{group}", gap=None):
            st.html(f'<h3 class="tm-chart-head">{html(_(GROUPS[group]))}</h3>')
            for metric in catalogue:
                if metric_texts.group(metric) == group:
                    _figure(item, kind, metric, base, currency)


def _figure(item: PeriodFigures, kind: str, metric: Metric, base: Base | None, currency: str) -> None:
    value = item.metrics.get(metric.name)
    note = base.note(metric, value, currency) if base is not None else ""
    label = f"{literal(metric_texts.label(metric))} **{literal(value_text(metric, value, currency))}**"
    st.button(
        f"{label} :small[{literal(note)}]" if note else label,
        key=f"stats_figure_{metric.name}",
        type="tertiary",
        width="stretch",
        help=literal(metric_texts.plain(metric)),
        on_click=behind.open_,
        args=(item.account_id, kind, item.period_start, metric.name),
    )


def _every_period(items: Sequence[PeriodFigures], kind: str, catalogue: Sequence[Metric], currency: str) -> None:
    client = session.stats()
    with st.expander(_("Every period as a table"), icon=":material/table:"):
        st.html(_grid(items, kind, catalogue, currency))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(when.zone_note(), width="content")
        st.download_button(
            _("Download as CSV"),
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


def _grid(items: Sequence[PeriodFigures], kind: str, catalogue: Sequence[Metric], currency: str) -> str:
    heads = "".join(f'<th class="tm-num">{html(metric_texts.label(metric))}</th>' for metric in catalogue)
    rows = []
    for item in reversed(items):
        name = html(when.period(item.period_start, item.period_end, kind))
        tone, status = ("final", _("Final")) if item.is_final else ("provisional", _("Provisional"))
        cells = "".join(
            f'<td class="tm-num">{html(value_text(metric, item.metrics.get(metric.name), currency))}</td>'
            for metric in catalogue
        )
        pill = f'<span class="tm-pill tm-pill-{tone}">{html(status)}</span>'
        rows.append(f'<tr><th scope="row">{name}</th><td>{pill}</td>{cells}</tr>')
    return (
        f'<div class="tm-scroll" tabindex="0"><table class="tm-grid"><thead><tr><th>{html(_("Period"))}</th>'
        f"<th>{html(_('Status'))}</th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
