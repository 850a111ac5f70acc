"""The statement as people read it."""

from collections.abc import Iterable, Mapping
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


def movement_link(line: Transaction, transfer_id: str, time: datetime, text: str, *, at: str = "/account") -> str:
    """HTML of a link to a movement's own page, `at` the page that shows the account; the address holds ids and a
    time, nothing about a person."""
    query = urlencode({"account": line.account_id, "movement": transfer_id, "at": time.isoformat()})
    return f'<a class="tm-link" href="{at}?{html(query)}" target="_self">{html(text)}</a>'


def reversal_note(line: Transaction, *, at: str = "/account") -> str:
    """HTML that leads from a reversal to what it reversed, and back; empty for all else."""
    if line.reverses_id and line.reverses_time:
        text = _("Reversal of the movement of {date}", date=when.date_of(line.reverses_time))
        return movement_link(line, line.reverses_id, line.reverses_time, text, at=at)
    if line.reversed_by_id and line.reversed_by_time:
        text = _("Reversed on {date}", date=when.date_of(line.reversed_by_time))
        return movement_link(line, line.reversed_by_id, line.reversed_by_time, text, at=at)
    return ""


def _line(line: Transaction, own: Mapping[str, Account], clock: str, *, has_balance: bool) -> str:
    """A row: who, when and what for, how much; the balance after it, or else which account it is of."""
    who = movement_link(line, line.transfer_id, line.time, title(line, own))
    account = own[line.account_id]
    number = account_number(line.counterparty_number or "") if line.counterparty_name else ""
    texts = (clock, "" if has_balance else short(account), number, line.memo or "")
    below = " · ".join(part for part in (*map(html, texts), reversal_note(line)) if part)
    tone = "in" if line.amount > 0 else "out"
    amount = html(format_money(line.amount, account.currency, signed=True))
    after = html(format_money(line.balance_after, account.currency))
    return (
        f'<tr class="tm-row"><td class="tm-who"><i class="tm-way tm-way-{tone}" aria-hidden="true"></i>'
        f'<span>{who}</span><span class="tm-memo">{below}</span></td><td class="tm-num tm-{tone}">{amount}</td>'
        + (f'<td class="tm-num tm-after">{after}</td></tr>' if has_balance else "</tr>")
    )


def _table(
    lines: Iterable[Transaction],
    own: Mapping[str, Account],
    now: datetime,
    sums: Mapping[date, str],
    *,
    has_balance: bool,
) -> str:
    heads = [html(_("Amount"))] + [html(_("Balance"))] * has_balance
    numbers = "".join(f'<th class="tm-num">{name}</th>' for name in heads)
    rows = [f"<thead><tr><th>{html(_('What'))}</th>{numbers}</tr></thead><tbody>"]
    for day, of_day in groupby(lines, key=lambda line: line.time.astimezone(now.tzinfo).date()):
        rows.append(
            f'<tr class="tm-day"><th scope="rowgroup">{html(when.day(day, today=now.date()))}</th>'
            f'<td class="tm-num">{html(sums.get(day, ""))}</td>{"<td></td>" * has_balance}</tr>'
        )
        rows += (
            _line(line, own, when.clock(line.time.astimezone(now.tzinfo)), has_balance=has_balance)
            for line in of_day
        )
    return f'<table class="tm-statement">{"".join(rows)}</tbody></table>'


def table(
    lines: Iterable[Transaction], own: Mapping[str, Account], now: datetime, sums: Mapping[date, str]
) -> str:
    """HTML of one account's lines, newest first, under a heading per day in the zone of `now`, with its sum."""
    return _table(lines, own, now, sums, has_balance=True)


def latest(lines: Iterable[Transaction], own: Mapping[str, Account], now: datetime) -> str:
    """HTML of the newest lines of several accounts, each with its account."""
    return _table(lines, own, now, {}, has_balance=False)
