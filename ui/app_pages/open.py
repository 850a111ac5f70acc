"""Open an account: checking or savings, in one currency."""

from dataclasses import dataclass

import streamlit as st

from ui.clients.accounts import Account
from ui.clients.errors import ApiError
from ui.components import cards, layout, onboarding, problems, session
from ui.components.facts import facts
from ui.components.money import currency_label

MEANINGS = {
    "checking": "For everyday money: salary in, rent and groceries out.",
    "savings": "For later: put something aside and watch it grow.",
}


@dataclass
class Attempt:
    """One account to be opened. A second click finds it done already, so it opens one."""

    opened: Account | None = None


user = session.user()
layout.head("Open an account", "No fees, no paperwork. You can open as many as you like.")
if layout.has_just_come():
    st.session_state.pop("open_attempt", None)
attempt: Attempt = st.session_state.setdefault("open_attempt", Attempt())
if attempt.opened is not None:
    st.success("Your account is open.", icon=":material/celebration:")
    with st.container(width=360):
        st.html(cards.account_card(attempt.opened))
    onboarding.banner(user)
    with st.container(horizontal=True):
        if st.button("Go to my accounts", type="primary", icon=":material/home:"):
            del st.session_state["open_attempt"]
            st.switch_page("app_pages/home.py")
        if st.button("Open another one", icon=":material/add_card:"):
            del st.session_state["open_attempt"]
            st.rerun()
    st.stop()

with st.container(border=True, width=620, key="tm-form"):
    type_ = st.segmented_control(
        "What is it for?",
        facts().account_types,
        default=facts().account_types[0],
        required=True,
        format_func=cards.type_name,
        key="open_type",
        width="stretch",
    )
    st.caption(MEANINGS.get(type_ or "", ""))
    currency = st.selectbox("Currency", facts().offered, format_func=currency_label, key="open_currency")
    if st.button("Open the account", type="primary", width="stretch", icon=":material/check:"):
        try:
            attempt.opened = session.accounts().create(type_=type_ or "checking", currency=currency)
        except ApiError as error:
            problems.show(error, labels={"currency": "Currency", "type": "Kind of account"})
        else:
            st.rerun()
