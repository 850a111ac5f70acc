"""The statement as people read it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import groupby

from ui.clients.accounts import Account, Transaction
from ui.components.cards import short
from ui.components.money import format_money
from ui.components.text import html
from ui.components.when import day

OUTSIDE_NAMES = {
    "external:cash": "Cash",
    "external:card": "Card",
    "external:wire": "Wire",
    "external:cheque": "Cheque",
}


ANYONE = "Tidemark account"


def other_side(line: Transaction, own: Mapping[str, Account]) -> str:
    """Who the money came from or went to, as far as the person may know."""
    other = line.destination if line.amount < 0 else line.source
    if other in own:
        return short(own[other])
    if other in OUTSIDE_NAMES:
        return OUTSIDE_NAMES[other]
    if other.startswith("external:"):
        return other.removeprefix("external:")
    return ANYONE


def _line(line: Transaction, own: Mapping[str, Account], clock: str, last: str) -> str:
    """A row: who or what for, when, how much; `last` is the last cell's content, escaped."""
    who, memo = other_side(line, own), line.memo or ""
    if who == ANYONE and memo:
        # What it was for says more than that it was some account.
        who, memo = memo, who
    below = f"{clock} · {html(memo)}" if memo else clock
    tone = "in" if line.amount > 0 else "out"
    amount = format_money(line.amount, own[line.account_id].currency, signed=True)
    return (
        f'<tr><td class="tm-who"><span>{html(who)}</span><span class="tm-memo">{below}</span></td>'
        f'<td class="tm-num tm-{tone}">{html(amount)}</td><td class="tm-num tm-after">{last}</td></tr>'
    )


def _by_day(lines: Iterable[Transaction], now: datetime, row: Callable[[Transaction, str], str]) -> str:
    rows = []
    for date, of_day in groupby(lines, key=lambda line: line.time.astimezone(now.tzinfo).date()):
        title = html(day(date, today=now.date()))
        rows.append(f'<tr class="tm-day"><th colspan="3" scope="rowgroup">{title}</th></tr>')
        rows += (row(line, f"{line.time.astimezone(now.tzinfo):%H:%M}") for line in of_day)
    return "".join(rows)


def table(lines: Iterable[Transaction], own: Mapping[str, Account], now: datetime) -> str:
    """HTML of one account's lines, newest first, under a heading per day in the zone of `now`."""

    def row(line: Transaction, clock: str) -> str:
        currency = own[line.account_id].currency
        return _line(line, own, clock, html(format_money(line.balance_after, currency)))

    return _framed(_by_day(lines, now, row), "Balance")


def latest(lines: Iterable[Transaction], own: Mapping[str, Account], now: datetime) -> str:
    """HTML of the newest lines of several accounts, each with its account."""

    def row(line: Transaction, clock: str) -> str:
        return _line(line, own, clock, html(short(own[line.account_id])))

    return _framed(_by_day(lines, now, row), "Account")


def _framed(rows: str, last: str) -> str:
    return (
        '<table class="tm-statement"><thead><tr><th>What</th><th class="tm-num">Amount</th>'
        f'<th class="tm-num">{last}</th></tr></thead><tbody>{rows}</tbody></table>'
    )
