"""One movement of a statement: what, when, between whom, and what it was reversed by."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from ui.clients.accounts import Account, Transaction
from ui.components import cards, layout, session, statement, when
from ui.components.money import format_money
from ui.components.text import capital, html


def show(account: Account, own: Mapping[str, Account]) -> None:
    """The movement that the address names, or that there is none in this account."""
    line = _found(account)
    if line is None:
        layout.empty("No such movement", "It is not in this account’s statement.", "receipt_long")
    else:
        with st.container(border=True, width=620, key="tm-form"):
            _facts(line, account, own)
    if st.button("Back to the statement", icon=":material/arrow_back:"):
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


def _facts(line: Transaction, account: Account, own: Mapping[str, Account]) -> None:
    st.html(f'<h2 class="tm-step">{html(statement.title(line, own))}</h2>')
    amount = format_money(line.amount, account.currency, signed=True)
    st.html(f'<p class="tm-amount">{html(amount)}</p>')
    rows = [("When", capital(when.moment(line.time, now=when.now(), seconds=True)))]
    if line.memo:
        rows.append(("Memo", line.memo))
    balance = format_money(line.balance_after, account.currency)
    rows += [(f"Balance of {cards.short(account)} after it", balance), ("Reference", line.transfer_id)]
    st.html(cards.facts(rows))
    note = statement.reversal_note(line)
    if note:
        st.html(f"<p>{note}</p>")
