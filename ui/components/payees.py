"""Whom the person pays: those they paid lately and those whose names they keep."""

from collections.abc import Sequence

import streamlit as st

from ui.clients.accounts import Account, Payee
from ui.clients.errors import ApiError
from ui.clients.statement import Look
from ui.components import layout, session

LATELY_ROWS = 100
SHOWN_MAX = 6
_KNOWN = "payees_known"


def known(account: Account, own: Sequence[Account], *, since: str) -> list[Payee]:
    """Whom the account paid, latest first, then who else has a name; asked for once a visit, and for each `since`.

    Without a name it is "". Empty when the bank can't tell just now: numbers can be typed all the same.
    """
    key = (account.account_id, since)
    held: tuple[object, list[Payee]] | None = st.session_state.get(_KNOWN)
    if held is None or held[0] != key or layout.has_just_come():
        try:
            held = (key, _ask(account, {item.number for item in own}))
        except ApiError:
            return []
        st.session_state[_KNOWN] = held
    return held[1]


def _ask(account: Account, own_numbers: set[str]) -> list[Payee]:
    client = session.accounts()
    names = {payee.number: payee.name for payee in client.payees()}
    lines = client.statement(account.account_id, Look(direction="out"), limit=LATELY_ROWS).items
    paid = [line.counterparty_number for line in lines if line.kind == "transfer"]
    numbers = dict.fromkeys([number for number in paid if number] + list(names))
    return [Payee(number, names.get(number, "")) for number in numbers if number not in own_numbers]


def name_of(number: str, people: Sequence[Payee]) -> str:
    """What the person calls the number's account, or ""."""
    return next((payee.name for payee in people if payee.number == number), "")
