"""The statement as people read it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlencode

from ui.clients.accounts import Account
from ui.clients.statement import Transaction
from ui.components import when
from ui.components.cards import short
from ui.components.money import format_money
from ui.components.text import account_number, html
from ui.language import N_, _

OUTSIDE_NAMES = {
    "external:cash": N_("Cash"),
    "external:card": N_("Card"),
    "external:wire": N_("Wire"),
    "external:cheque": N_("Cheque"),
}


def other_side(line: Transaction, own: Mapping[str, Account]) -> str:
    """Who the money came from or went to, as far as the person may know: their own word for it, or the number."""
    other = line.destination if line.amount < 0 else line.source
    if other in own:
        return short(own[other])
    if other in OUTSIDE_NAMES:
        return _(OUTSIDE_NAMES[other])
    if other.startswith("external:"):
        return other.removeprefix("external:")
    if line.counterparty_name:
        return line.counterparty_name
    if line.counterparty_number:
        return _("Account {number}", number=account_number(line.counterparty_number))
    return _("Another account")


def title(line: Transaction, own: Mapping[str, Account]) -> str:
    """A line in words: "To Account 4821 553 906", "From Cash", "Reversal: back from Account …"."""
    side, is_out = other_side(line, own), line.amount < 0
    if line.kind == "reversal":
        return _("Reversal: back to {side}", side=side) if is_out else _("Reversal: back from {side}", side=side)
    return _("To {side}", side=side) if is_out else _("From {side}", side=side)


def movement_link(line: Transaction, transfer_id: str, time: datetime, text: str) -> str:
    """HTML of a link to a movement's own page; the address holds ids and a time, nothing about a person."""
    query = urlencode({"account": line.account_id, "movement": transfer_id, "at": time.isoformat()})
    return f'<a class="tm-link" href="/account?{html(query)}" target="_self">{html(text)}</a>'


def reversal_note(line: Transaction) -> str:
    """HTML that leads from a reversal to what it reversed, and back; empty for all else."""
    if line.reverses_id and line.reverses_time:
        text = _("Reversal of the movement of {date}", date=when.date_of(line.reverses_time))
        return movement_link(line, line.reverses_id, line.reverses_time, text)
    if line.reversed_by_id and line.reversed_by_time:
        text = _("Reversed on {date}", date=when.date_of(line.reversed_by_time))
        return movement_link(line, line.reversed_by_id, line.reversed_by_time, text)
    return ""


def _line(line: Transaction, own: Mapping[str, Account], clock: str, last: str) -> str:
    """A row: who, when and what for, how much; `last` is the last cell's content, escaped."""
    who = movement_link(line, line.transfer_id, line.time, title(line, own))
    number = account_number(line.counterparty_number or "") if line.counterparty_name else ""
    parts = (html(clock), html(number), html(line.memo or ""), reversal_note(line))
    below = " · ".join(part for part in parts if part)
    tone = "in" if line.amount > 0 else "out"
    amount = format_money(line.amount, own[line.account_id].currency, signed=True)
    return (
        f'<tr class="tm-row"><td class="tm-who"><i class="tm-way tm-way-{tone}" aria-hidden="true"></i>'
        f'<span>{who}</span><span class="tm-memo">{below}</span></td>'
        f'<td class="tm-num tm-{tone}">{html(amount)}</td><td class="tm-num tm-after">{last}</td></tr>'
    )


def _by_day(
    lines: Iterable[Transaction], now: datetime, row: Callable[[Transaction, str], str], sums: Mapping[date, str]
) -> str:
    rows = []
    for day, of_day in groupby(lines, key=lambda line: line.time.astimezone(now.tzinfo).date()):
        named = html(when.day(day, today=now.date()))
        total = html(sums.get(day, ""))
        rows.append(
            f'<tr class="tm-day"><th scope="rowgroup">{named}</th><td class="tm-num">{total}</td><td></td></tr>'
        )
        rows += (row(line, when.clock(line.time.astimezone(now.tzinfo))) for line in of_day)
    return "".join(rows)


def table(
    lines: Iterable[Transaction], own: Mapping[str, Account], now: datetime, sums: Mapping[date, str]
) -> str:
    """HTML of one account's lines, newest first, under a heading per day in the zone of `now`, with its sum."""

    def row(line: Transaction, clock: str) -> str:
        currency = own[line.account_id].currency
        return _line(line, own, clock, html(format_money(line.balance_after, currency)))

    return _framed(_by_day(lines, now, row, sums), _("Balance"))


def latest(lines: Iterable[Transaction], own: Mapping[str, Account], now: datetime) -> str:
    """HTML of the newest lines of several accounts, each with its account."""

    def row(line: Transaction, clock: str) -> str:
        return _line(line, own, clock, html(short(own[line.account_id])))

    return _framed(_by_day(lines, now, row, {}), _("Account"))


def _framed(rows: str, last: str) -> str:
    what, *numbers = (html(name) for name in (_("What"), _("Amount"), last))
    head = f"<th>{what}</th>" + "".join(f'<th class="tm-num">{name}</th>' for name in numbers)
    return f'<table class="tm-statement"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
