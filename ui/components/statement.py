"""The statement as people read it, and as a spreadsheet takes it."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby

from ui.clients.accounts import Account, Transaction
from ui.components.cards import short
from ui.components.money import format_money, format_plain
from ui.components.text import html
from ui.components.when import day

OUTSIDE_NAMES = {
    "external:cash": "Cash",
    "external:card": "Card",
    "external:wire": "Wire",
    "external:cheque": "Cheque",
}


def other_side(line: Transaction, own: Mapping[str, Account]) -> str:
    """Who the money came from or went to, as far as the person may know."""
    other = line.destination if line.amount < 0 else line.source
    if other in own:
        return short(own[other])
    if other in OUTSIDE_NAMES:
        return OUTSIDE_NAMES[other]
    if other.startswith("external:"):
        return other.removeprefix("external:")
    return "Tidemark account"


def _line(line: Transaction, currency: str, own: Mapping[str, Account], clock: str) -> str:
    tone = "in" if line.amount > 0 else "out"
    memo = f" · {html(line.memo)}" if line.memo else ""
    return (
        f'<tr><td class="tm-who"><span>{html(other_side(line, own))}</span>'
        f'<span class="tm-memo">{clock}{memo}</span></td>'
        f'<td class="tm-num tm-{tone}">{html(format_money(line.amount, currency, signed=True))}</td>'
        f'<td class="tm-num tm-after">{html(format_money(line.balance_after, currency))}</td></tr>'
    )


def table(lines: Iterable[Transaction], account: Account, own: Mapping[str, Account], now: datetime) -> str:
    """HTML of statement lines, newest first, under a heading per day in the zone of `now`."""
    rows = []
    for date, of_day in groupby(lines, key=lambda line: line.time.astimezone(now.tzinfo).date()):
        rows.append(
            f'<tr class="tm-day"><th colspan="3" scope="rowgroup">{html(day(date, today=now.date()))}</th></tr>'
        )
        for line in of_day:
            clock = f"{line.time.astimezone(now.tzinfo):%H:%M}"
            rows.append(_line(line, account.currency, own, clock))
    return (
        '<table class="tm-statement"><thead><tr><th>Who</th><th class="tm-num">Amount</th>'
        f'<th class="tm-num">Balance</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def as_csv(lines: Iterable[Transaction], account: Account, own: Mapping[str, Account]) -> bytes:
    """The lines for a spreadsheet: times in UTC, amounts as decimals of the account's currency."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["time", "other side", "memo", "amount", "balance", "currency", "sequence", "transfer"])
    for line in lines:
        writer.writerow(
            [
                line.time.isoformat().replace("+00:00", "Z"),
                _harmless(other_side(line, own)),
                _harmless(line.memo or ""),
                format_plain(line.amount, account.currency),
                format_plain(line.balance_after, account.currency),
                account.currency,
                line.sequence,
                line.transfer_id,
            ]
        )
    # With the mark that makes spreadsheets read it as UTF-8.
    return out.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    # A spreadsheet would take text that begins like this for a formula.
    return "'" + text if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
