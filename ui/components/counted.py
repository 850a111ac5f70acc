"""The transactions behind the figures of a period, and that their sums are these figures."""

from collections.abc import Sequence

import streamlit as st

from ui.clients.stats import CountedTransaction, PeriodFigures
from ui.components import session, when
from ui.components.money import format_money
from ui.components.text import capital, html

SHOWN_MAX = 200


def show(item: PeriodFigures, kind: str, currency: str) -> None:
    """A switch that opens them."""
    count = item.metrics.get("transaction_count")
    if not count:
        return
    noun = "transaction" if count == 1 else "transactions"
    label = f"Show the {count:,} {noun} behind these figures"
    if not st.toggle(label, key=f"stats_behind_{kind}_{item.period_start}"):
        return
    rows = session.stats().transactions(item.account_id, kind, item.period_start)
    with st.container(border=True, key="tm-statement"):
        st.html(table(rows, item, currency))
    if len(rows) > SHOWN_MAX:
        st.caption(f"The newest {SHOWN_MAX} of {len(rows):,} are listed; the sums are of all.")


def table(rows: Sequence[CountedTransaction], item: PeriodFigures, currency: str) -> str:
    """HTML of the rows, newest first, under their sums, each beside the figure that it has to equal."""
    into = sum(row.amount for row in rows if row.amount > 0)
    out = -sum(row.amount for row in rows if row.amount < 0)
    sums = "".join(
        _sum(name, total, item.metrics.get(metric), currency)
        for name, total, metric in (
            ("Sum of what came in", into, "inflow"),
            ("Sum of what went out", out, "outflow"),
            ("The difference", into - out, "net_change"),
        )
    )
    lines = "".join(
        f"<tr><td>{html(capital(when.moment(row.time, now=when.now())))}</td>"
        f'<td class="tm-num tm-{"in" if row.amount > 0 else "out"}">'
        f"{html(format_money(row.amount, currency, signed=True))}</td>"
        f'<td class="tm-num tm-after">{html(format_money(row.balance_after, currency))}</td></tr>'
        for row in reversed(rows[-SHOWN_MAX:])
    )
    return (
        '<table class="tm-statement"><thead><tr><th>When</th><th class="tm-num">Amount</th>'
        f'<th class="tm-num">Balance</th></tr></thead><tbody>{sums}{lines}</tbody></table>'
    )


def _sum(name: str, total: int, figure: int | None, currency: str) -> str:
    verdict = "✓ equals the figure" if total == figure else f"the figure is {format_money(figure, currency)}"
    return (
        f'<tr class="tm-sum"><th scope="row">{html(name)}</th>'
        f'<td class="tm-num">{html(format_money(total, currency))}</td>'
        f'<td class="tm-num tm-after">{html(verdict)}</td></tr>'
    )
