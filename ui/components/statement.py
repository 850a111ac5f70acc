"""The statement as people read it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import groupby
from urllib.parse import urlencode

from ui.clients.accounts import Account, Transaction
from ui.components import when
from ui.components.cards import short
from ui.components.money import format_money
from ui.components.text import account_number, html

OUTSIDE_NAMES = {
    "external:cash": "Cash",
    "external:card": "Card",
    "external:wire": "Wire",
    "external:cheque": "Cheque",
}


def other_side(line: Transaction, own: Mapping[str, Account]) -> str:
    """Who the money came from or went to, as far as the person may know: never a stranger's name."""
    other = line.destination if line.amount < 0 else line.source
    if other in own:
        return short(own[other])
    if other in OUTSIDE_NAMES:
        return OUTSIDE_NAMES[other]
    if other.startswith("external:"):
        return other.removeprefix("external:")
    return f"Account {account_number(line.counterparty_number)}" if line.counterparty_number else "Another account"


def title(line: Transaction, own: Mapping[str, Account]) -> str:
    """A line in words: "To Account 4821 553 906", "From Cash", "Reversal: from Account …"."""
    side = other_side(line, own)
    direction = "to" if line.amount < 0 else "from"
    if line.kind == "reversal":
        return f"Reversal: back {direction} {side}"
    return f"{direction.capitalize()} {side}"


def movement_link(line: Transaction, transfer_id: str, time: datetime, text: str) -> str:
    """HTML of a link to a movement's own page; the address holds ids and a time, nothing about a person."""
    query = urlencode({"account": line.account_id, "movement": transfer_id, "at": time.isoformat()})
    return f'<a class="tm-link" href="/account?{html(query)}" target="_self">{html(text)}</a>'


def reversal_note(line: Transaction) -> str:
    """HTML that leads from a reversal to what it reversed, and back; empty for all else."""
    if line.reverses_id and line.reverses_time:
        text = f"Reversal of the movement of {when.long_date(line.reverses_time)}"
        return movement_link(line, line.reverses_id, line.reverses_time, text)
    if line.reversed_by_id and line.reversed_by_time:
        text = f"Reversed on {when.long_date(line.reversed_by_time)}"
        return movement_link(line, line.reversed_by_id, line.reversed_by_time, text)
    return ""


def _line(line: Transaction, own: Mapping[str, Account], clock: str, last: str) -> str:
    """A row: who, when and what for, how much; `last` is the last cell's content, escaped."""
    who = movement_link(line, line.transfer_id, line.time, title(line, own))
    below = " · ".join(part for part in (clock, html(line.memo or ""), reversal_note(line)) if part)
    tone = "in" if line.amount > 0 else "out"
    amount = format_money(line.amount, own[line.account_id].currency, signed=True)
    return (
        f'<tr><td class="tm-who"><span>{who}</span><span class="tm-memo">{below}</span></td>'
        f'<td class="tm-num tm-{tone}">{html(amount)}</td><td class="tm-num tm-after">{last}</td></tr>'
    )


def _by_day(lines: Iterable[Transaction], now: datetime, row: Callable[[Transaction, str], str]) -> str:
    rows = []
    for date, of_day in groupby(lines, key=lambda line: line.time.astimezone(now.tzinfo).date()):
        title = html(when.day(date, today=now.date()))
        rows.append(f'<tr class="tm-day"><th colspan="3" scope="rowgroup">{title}</th></tr>')
        rows += (row(line, when.clock(line.time.astimezone(now.tzinfo))) for line in of_day)
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
