"""One movement of a statement: what, when, between whom, what it was reversed by, and what to do with it."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from ui.clients.accounts import Account
from ui.clients.errors import ApiError
from ui.clients.statement import Transaction
from ui.components import cards, layout, moving, receipt, said, session, statement, when
from ui.components.fields import FORM, FieldProblems
from ui.components.money import format_money, plain_amount
from ui.components.move_form import NAME_MAX_CHARACTERS
from ui.components.text import account_number, capital, html
from ui.language import _

_NAME = "payee_name"


def show(account: Account, own: Mapping[str, Account]) -> None:
    """The movement that the address names, or that there is none in this account."""
    line = _found(account)
    if line is None:
        layout.empty(_("No such movement"), _("It is not in this account’s statement."), "receipt_long")
    else:
        with st.container(border=True, width=620, key="tm-form"):
            _facts(line, account, own)
        if _is_somebody(line, own):
            _name(line)
    if st.button(_("Back to the statement"), icon=":material/arrow_back:"):
        del st.query_params["movement"]
        st.query_params.pop("at", None)
        st.rerun()


def _found(account: Account) -> Transaction | None:
    try:
        time = datetime.fromisoformat(st.query_params.get("at", ""))
    except ValueError:
        return None
    if time.tzinfo is None:
        return None
    return session.accounts().movement(account.account_id, st.query_params["movement"], time)


def _is_somebody(line: Transaction, own: Mapping[str, Account]) -> bool:
    """Whether the other side is an account of somebody else."""
    other = line.destination if line.amount < 0 else line.source
    return line.counterparty_number is not None and other not in own


def _facts(line: Transaction, account: Account, own: Mapping[str, Account]) -> None:
    st.html(f'<h2 class="tm-step">{html(statement.title(line, own))}</h2>')
    mine, other = cards.short(account), statement.other_side(line, own)
    sender, receiver = (mine, other) if line.amount < 0 else (other, mine)
    rows = [(_("From"), sender), (_("To"), receiver)]
    if line.counterparty_name and line.counterparty_number:
        rows.append((_("Account number"), account_number(line.counterparty_number)))
    rows.append((_("When"), capital(when.moment(line.time, now=when.now(), seconds=True))))
    if line.memo:
        rows.append((_("Memo"), line.memo))
    shared = [*rows, (_("Reference"), line.transfer_id)]
    balance = format_money(line.balance_after, account.currency)
    rows.append((_("Balance of {account} after it", account=mine), balance))
    amount = format_money(line.amount, account.currency, signed=True)
    receipt.show(amount, [*rows, (_("Reference"), line.transfer_id)])
    if note := statement.reversal_note(line):
        st.html(f"<p>{note}</p>")
    receipt.ways("movement", _("Receipt"), amount, shared)
    if line.amount < 0 and line.kind == "transfer" and account.can_move_money:
        _again(line, account, own)


def _again(line: Transaction, account: Account, own: Mapping[str, Account]) -> None:
    if not st.button(_("Pay again"), icon=":material/replay:", width="stretch", type="primary"):
        return
    typed = {
        "kind": "transfer",
        "account": account.account_id,
        "amount": plain_amount(-line.amount, account.currency),
        "memo": line.memo or "",
    }
    if line.destination in own:
        moving.go(**typed, whose=moving.OWN, to=line.destination)
    number = account_number(line.counterparty_number or "")
    moving.go(**typed, whose=moving.OTHERS, number=number, name=line.counterparty_name or "")


def _name(line: Transaction) -> None:
    """What the person calls the other side, in place of its number."""
    number = line.counterparty_number or ""
    wrong = FieldProblems()
    key = f"{_NAME}_{number}"
    st.session_state.setdefault(key, line.counterparty_name or "")
    with st.form("tm-payee", border=True, width=620):
        name = st.text_input(
            _("What you call {number}", number=account_number(number)),
            key=key,
            help=_("Stands in your statement in place of the number. Only you see it."),
        ).strip()
        wrong.place("name")
        is_sent = st.form_submit_button(_("Keep the name"), icon=":material/check:")
        wrong.place(FORM)
    if not is_sent:
        return
    if name == (line.counterparty_name or ""):
        said.keep(_("There was nothing to change."))
        st.rerun()
    wrong.limit("name", name, NAME_MAX_CHARACTERS)
    if wrong.found:
        return
    client = session.accounts()
    try:
        if name:
            client.keep_payee(number, name)
        else:
            client.forget_payee(number)
    except ApiError as error:
        wrong.refused(error)
    else:
        st.rerun()
