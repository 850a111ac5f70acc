"""What the person's accounts saw lately: their balance as a line, and what the month brought so far."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ui.clients.accounts import Account
from ui.clients.http import Page
from ui.clients.statement import Look, Transaction
from ui.components import session, when
from ui.components.money import format_money
from ui.components.text import html
from ui.language import _

LATELY_ROWS = 100
MONTH_ROWS = 1000
LINE_DAYS = 30
_WIDTH, _HEIGHT = 280, 44


@dataclass
class Month:
    """What came in and went out, in minor units of one currency."""

    inflow: int = 0
    outflow: int = 0


def lately(account: Account) -> Page[Transaction]:
    """The account's newest lines."""
    return session.accounts().statement(account.account_id, limit=LATELY_ROWS)


def sparkline(lines: Sequence[Transaction], now: datetime) -> str:
    """HTML of the balance of the last 30 days, as far as `lines` (newest first) tell; empty when nothing moved."""
    since = now - timedelta(days=LINE_DAYS)
    recent = [line for line in reversed(lines) if line.time >= since]
    if not recent:
        return ""
    # Not before what the lines tell of: the list may be cut.
    begin = since if len(recent) < len(lines) or len(lines) < LATELY_ROWS else recent[0].time
    span = max((now - begin).total_seconds(), 1.0)
    points = [(begin, recent[0].balance_after - recent[0].amount)]
    points += [(line.time, line.balance_after) for line in recent]
    points.append((now, recent[-1].balance_after))
    low, high = min(balance for _at, balance in points), max(balance for _at, balance in points)
    scale = (_HEIGHT - 6) / max(high - low, 1)
    steps = []
    for place, (at, balance) in enumerate(points):
        x = (at - begin).total_seconds() / span * _WIDTH
        y = _HEIGHT - 3 - (balance - low) * scale
        steps.append(f"M{x:.1f} {y:.1f}" if place == 0 else f"H{x:.1f}V{y:.1f}")
    path = "".join(steps)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none">'
        f'<path fill="#fff" fill-opacity=".12" d="{path}V{_HEIGHT}H0Z"/>'
        f'<path fill="none" stroke="#fff" stroke-opacity=".85" stroke-width="1.6" d="{path}"/></svg>'
    )
    # A picture: the page's own HTML may not hold SVG.
    data = base64.b64encode(svg.encode()).decode()
    return f'<img class="tm-spark" alt="" src="data:image/svg+xml;base64,{data}">'


def so_far(accounts: Sequence[Account], pages: Mapping[str, Page[Transaction]], now: datetime) -> dict[str, Month]:
    """The month by currency, without what moved between the person's own accounts; a currency is left out when
    there is too much to add up here."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    own = {account.account_id for account in accounts}
    found: dict[str, Month] = {}
    cut = set()
    for account in accounts:
        page = pages[account.account_id]
        if page.next_cursor is not None and page.items[-1].time >= start:
            page = session.accounts().statement(account.account_id, Look(start), limit=MONTH_ROWS)
            if page.next_cursor is not None:
                cut.add(account.currency)
        month = found.setdefault(account.currency, Month())
        for line in page.items:
            if line.time >= start and not {line.source, line.destination} <= own:
                month.inflow += max(line.amount, 0)
                month.outflow += max(-line.amount, 0)
    return {currency: month for currency, month in found.items() if currency not in cut}


def sentences(months: Mapping[str, Month], now: datetime) -> str:
    """HTML: "In November so far €2,450.00 came in and €1,315.20 went out."; one for each currency that moved."""
    name = when.month_name(now)
    texts = [
        _(
            "In {month} so far, {inflow} came in and {outflow} went out.",
            month=name,
            inflow=format_money(month.inflow, currency),
            outflow=format_money(month.outflow, currency),
        )
        for currency, month in months.items()
        if month.inflow or month.outflow
    ]
    return "".join(f'<p class="tm-month">{html(text)}</p>' for text in texts)
