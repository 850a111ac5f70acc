"""Choosing one of the person's accounts."""

from collections.abc import Sequence

import streamlit as st

from ui.clients.accounts import Account
from ui.components import cards
from ui.language import _


class Choice:
    """A choice among accounts. It holds ids: the accounts themselves change with every movement."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._by_id = {account.account_id: account for account in accounts}

    def ask(self, label: str, key: str) -> Account:
        """The account chosen; to begin with, the one that the address names, else the first."""
        wanted = st.query_params.get("account")
        if st.session_state.get(key) not in self._by_id:
            st.session_state[key] = wanted if wanted in self._by_id else next(iter(self._by_id))
        chosen = st.selectbox(
            label,
            list(self._by_id),
            format_func=lambda account_id: cards.option(self._by_id[account_id]),
            key=key,
            persist_state="page",
        )
        return self._by_id[chosen]


def pick(accounts: Sequence[Account], key: str) -> Account:
    """Choose an account and keep it in the address, so that a refresh comes back to it."""
    account = Choice(accounts).ask(_("Account"), key)
    if st.query_params.get("account") != account.account_id:
        st.query_params["account"] = account.account_id
    return account
