"""Accounts, totals and figures as cards. Everything is escaped here."""

from collections.abc import Iterable
from dataclasses import dataclass

from ui.clients.accounts import Account
from ui.components.money import format_money
from ui.components.text import account_number, html
from ui.language import N_, _, _p

TYPE_LABELS = {"checking": N_("Checking"), "savings": N_("Savings")}
ROLE_LABELS = {"staff": N_("Staff"), "analyst": N_("Analyst")}


@dataclass(frozen=True)
class Tile:
    """One key figure: what it is, its value, and perhaps a word below."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


def type_name(type_: str) -> str:
    """ "Checking" or "Savings"."""
    return _(TYPE_LABELS[type_]) if type_ in TYPE_LABELS else type_.capitalize()


def roles(names: Iterable[str]) -> str:
    """ "Staff, Analyst"; a role without a name here as it is called."""
    return ", ".join(_(ROLE_LABELS[name]) if name in ROLE_LABELS else name.capitalize() for name in names)


def type_label(account: Account) -> str:
    """The name of the account's type."""
    return type_name(account.type)


def state_of(account: Account) -> tuple[str, str]:
    """ "open", "waiting" or "closed", and what people call it."""
    if account.closed_at is not None:
        return "closed", _p("account", "Closed")
    return ("open", _p("account", "Open")) if account.approved else ("waiting", _("Waiting for approval"))


def name_of(account: Account) -> str:
    """What the person calls it, else the name of its type."""
    return account.nickname or type_label(account)


def option(account: Account) -> str:
    """For choosing: "Checking · 4821 553 906 · EUR". No balance: a choice must outlive its change."""
    parts = (name_of(account), account_number(account.number), account.currency)
    return " · ".join(parts)


def short(account: Account) -> str:
    """For sentences: "Checking ·· 3907"."""
    return f"{name_of(account)} ·· {account.number[-4:]}"


def account_card(account: Account, line: str = "") -> str:
    """HTML of one account as a bank card; `line` is HTML of a picture of its balance."""
    tone, state = state_of(account)
    joint = f'<span class="tm-pill">{html(_p("account", "Joint"))}</span> ' if account.is_joint else ""
    below = ""
    if account.overdraft_limit:
        limit = format_money(account.overdraft_limit, account.currency)
        below = f'<span class="tm-card-limit">{html(_("Overdraft up to {limit}", limit=limit))}</span>'
    return (
        f'<article class="tm-card tm-card-{html(account.type)} tm-card-{tone}">'
        f'<div class="tm-card-top"><span class="tm-card-name">{html(name_of(account))}</span>'
        f'<span>{joint}<span class="tm-pill tm-pill-{tone}">{html(state)}</span></span></div>'
        f'<div class="tm-card-balance">{html(format_money(account.total, account.currency))}</div>{line}'
        f'<div class="tm-card-bottom"><span class="tm-card-number">{html(account_number(account.number))}</span>'
        f"{below}<span>{html(account.currency)}</span></div></article>"
    )


def totals(accounts: Iterable[Account]) -> str:
    """HTML of the money in open accounts, per currency."""
    sums: dict[str, int] = {}
    for account in accounts:
        if account.closed_at is None:
            sums[account.currency] = sums.get(account.currency, 0) + account.total
    items = "".join(
        f"<div><span>{html(_('Total in {currency}', currency=currency))}</span>"
        f"<strong>{html(format_money(total, currency))}</strong></div>"
        for currency, total in sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))
    )
    return f'<div class="tm-totals">{items}</div>'


def tiles(items: Iterable[Tile]) -> str:
    """HTML of a row of key figures that wraps on narrow screens."""
    cells = "".join(
        f'<div class="tm-tile"><span class="tm-tile-label">{html(item.label)}</span>'
        f'<span class="tm-tile-value tm-{html(item.tone or "plain")}">{html(item.value)}</span>'
        f'<span class="tm-tile-note">{html(item.note) or "&nbsp;"}</span></div>'
        for item in items
    )
    return f'<div class="tm-tiles">{cells}</div>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """HTML of label and value pairs, such as a receipt."""
    lines = "".join(f"<div><dt>{html(label)}</dt><dd>{html(value)}</dd></div>" for label, value in rows)
    return f'<dl class="tm-facts">{lines}</dl>'
