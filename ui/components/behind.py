"""What is behind a figure: what it means, how it went, and the transactions that make it, counted once more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import streamlit as st

from ui.clients.stats import CountedTransaction, Metric, PeriodFigures
from ui.components import charts, metric_texts, session, when
from ui.components.money import format_money, value_text
from ui.components.text import capital, html, literal
from ui.language import N_, _, _n, locale

SHOWN_MAX = 200
_OPEN = "stats_open"
Rows = Sequence[CountedTransaction]


@dataclass(frozen=True)
class Count:
    """How a figure follows from transactions: from which ones, and what of them it is, in words and in numbers."""

    words: str
    of: Callable[[Rows, int], int | None]
    wants: Callable[[CountedTransaction], bool] = lambda row: True


def _is_in(row: CountedTransaction) -> bool:
    return row.amount > 0


def _is_out(row: CountedTransaction) -> bool:
    return row.amount < 0


def _sum(rows: Rows) -> int:
    return sum(row.amount for row in rows)


def _largest(rows: Rows, _opening: int) -> int | None:
    return max((abs(row.amount) for row in rows), default=None)


def _balances(rows: Rows, opening: int) -> list[int]:
    return [opening, *(row.balance_after for row in rows)]


def _days(rows: Rows, _opening: int) -> int:
    return len({row.time.astimezone(when.zone()).date() for row in rows})


def _others(rows: Rows, _opening: int) -> int:
    return len({row.source if row.amount > 0 else row.destination for row in rows})


_SUM, _NUMBER, _MOST = N_("Their sum"), N_("Their number"), N_("The largest of them")
# What an analyst defines otherwise, by a higher version, is not counted here.
COUNTS = {
    "inflow": Count(_SUM, lambda rows, _opening: _sum(rows), _is_in),
    "outflow": Count(_SUM, lambda rows, _opening: -_sum(rows), _is_out),
    "net_change": Count(_SUM, lambda rows, _opening: _sum(rows)),
    "opening_balance": Count(
        N_("The balance before the first of them"),
        lambda rows, opening: rows[0].balance_after - rows[0].amount if rows else opening,
    ),
    "closing_balance": Count(N_("Their sum and the opening balance"), lambda rows, opening: opening + _sum(rows)),
    "transaction_count": Count(_NUMBER, lambda rows, _opening: len(rows)),
    "inflow_count": Count(_NUMBER, lambda rows, _opening: len(rows), _is_in),
    "outflow_count": Count(_NUMBER, lambda rows, _opening: len(rows), _is_out),
    "largest_transaction": Count(_MOST, _largest),
    "largest_inflow": Count(_MOST, _largest, _is_in),
    "largest_outflow": Count(_MOST, _largest, _is_out),
    "min_balance": Count(N_("The lowest balance"), lambda rows, opening: min(_balances(rows, opening))),
    "max_balance": Count(N_("The highest balance"), lambda rows, opening: max(_balances(rows, opening))),
    "active_days": Count(N_("Their days"), _days),
    "counterparty_count": Count(N_("Their other sides"), _others),
}


def open_(account_id: str, kind: str, period_start: date, metric: str) -> None:
    """Show a figure's window from the next run on, until it is closed; for a widget's callback."""
    st.session_state[_OPEN] = (account_id, kind, period_start, metric)


def close() -> None:
    """Show none."""
    st.session_state.pop(_OPEN, None)


def window(
    items: Sequence[PeriodFigures],
    kind: str,
    catalogue: Sequence[Metric],
    currency: str,
    statement_at: str | None,
) -> None:
    """The window of the figure that was opened, if it is among these."""
    account_id, opened_kind, start, name = st.session_state.get(_OPEN, (None, None, None, None))
    item = next((i for i in items if (i.account_id, i.period_start) == (account_id, start)), None)
    metric = next((metric for metric in catalogue if metric.name == name), None)
    if item is None or metric is None or opened_kind != kind:
        return

    @st.dialog(literal(metric_texts.label(metric)), width="large", on_dismiss=close)
    def shown() -> None:
        _content(item, items, kind, metric, currency, statement_at)

    shown()


def _content(
    item: PeriodFigures,
    items: Sequence[PeriodFigures],
    kind: str,
    metric: Metric,
    currency: str,
    statement_at: str | None,
) -> None:
    value = value_text(metric, item.metrics.get(metric.name), currency)
    name = when.period(item.period_start, item.period_end, kind)
    plain, exact = metric_texts.plain(metric), metric.definition
    # The models say it in English alone.
    is_told = plain != exact and locale().language == "en"
    exactly = f'<p class="tm-definition">{html(_("Exactly:"))} {html(exact)}</p>' if is_told else ""
    st.html(
        f'<div class="tm-behind"><p class="tm-behind-value"><b>{html(value)}</b> {html(name)}</p>'
        f"<p>{html(plain)}</p>{exactly}</div>"
    )
    st.altair_chart(
        charts.metric_over_time(items, kind, metric, currency, height=150),
        alt=_("{figure} by period", figure=metric_texts.label(metric)),
    )
    rows = session.stats().transactions(item.account_id, kind, item.period_start)
    with st.container(key="tm-statement-behind"):
        st.html(table(rows, item, metric, currency, statement_at))


def table(rows: Rows, item: PeriodFigures, metric: Metric, currency: str, statement_at: str | None = None) -> str:
    """HTML of the transactions that make a figure, newest first, under what they come to."""
    count = COUNTS.get(metric.name) if metric.version == 1 else None
    figure = item.metrics.get(metric.name)
    if count is None:
        counted, verdict = list(rows), ""
    else:
        counted = [row for row in rows if count.wants(row)]
        found = count.of(counted, item.metrics.get("opening_balance") or 0)
        verdict = _verdict(_(count.words), value_text(metric, found, currency), is_equal=found == figure)
    said = _n(
        "{count} transaction is behind this figure.", "{count} transactions are behind this figure.", len(counted)
    )
    if len(counted) > SHOWN_MAX:
        said += " " + _("The newest {shown} are listed; what they come to is of all.", shown=SHOWN_MAX)
    lines = "".join(_line(row, currency, statement_at) for row in reversed(counted[-SHOWN_MAX:]))
    body = (
        f'<table class="tm-statement"><thead><tr><th>{html(_("When"))}</th>'
        f'<th class="tm-num">{html(_("Amount"))}</th><th class="tm-num">{html(_("Balance"))}</th></tr></thead>'
        f"<tbody>{lines}</tbody></table>"
    )
    return f'{verdict}<p class="tm-definition">{html(said)}</p>{body if lines else ""}'


def _verdict(words: str, value: str, *, is_equal: bool) -> str:
    mark, said = ("✓", _("equals the figure")) if is_equal else ("≠", _("differs from the figure"))
    tone = "good" if is_equal else "bad"
    return (
        f'<p class="tm-verdict tm-verdict-{tone}"><span>{html(words)}</span> <b>{html(value)}</b> '
        f"{mark} {html(said)}</p>"
    )


def _line(row: CountedTransaction, currency: str, statement_at: str | None) -> str:
    who = html(capital(when.moment(row.time, now=when.now())))
    if statement_at is not None:
        query = urlencode({"account": row.account_id, "movement": row.transfer_id, "at": row.time.isoformat()})
        who = f'<a class="tm-link" href="{statement_at}?{html(query)}" target="_self">{who}</a>'
    return (
        f'<tr><td>{who}</td><td class="tm-num tm-{"in" if row.amount > 0 else "out"}">'
        f"{html(format_money(row.amount, currency, signed=True))}</td>"
        f'<td class="tm-num tm-after">{html(format_money(row.balance_after, currency))}</td></tr>'
    )
