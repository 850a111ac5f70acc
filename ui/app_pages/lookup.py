"""Staff and analysts: the statistics of any account."""

import re

import streamlit as st

from ui.clients.accounts import Account
from ui.clients.errors import ApiError
from ui.components import cards, figures, layout, problems, session
from ui.components.text import typed_number
from ui.language import _

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def find(typed: str, *, by_number: bool) -> tuple[str, Account | None]:
    """The account id of what was typed, and the account as far as the person may see it."""
    account_id = typed.strip().lower()
    if UUID.fullmatch(account_id):
        try:
            return account_id, session.accounts().get(account_id)
        except ApiError as error:
            # Analysts see figures, not accounts.
            if error.status not in {403, 404}:
                raise
            return account_id, None
    number = typed_number(typed)
    if number is None or not by_number:
        return "", None
    found = session.accounts().search(number=number)
    return (found[0].account_id, found[0]) if found else ("", None)


user = session.user()
layout.head(_("Look up"), _("The statistics of any account of the bank."))
if not user.reads_statistics:
    st.error(_("Your role does not include everybody’s statistics."), icon=":material/error:")
    st.stop()
typed = st.text_input(
    _("Account number or id") if user.reads_accounts else _("Account id"),
    key="lookup",
    placeholder="4821 553 906" if user.reads_accounts else "019a3c1e-…",
    icon=":material/search:",
    persist_state="session",
    width=460,
)
if not typed:
    st.stop()
try:
    account_id, account = find(typed, by_number=user.reads_accounts)
except ApiError as error:
    problems.show(error)
    st.stop()
if not account_id:
    layout.empty(_("Nothing found"), _("Check the number, or the id, which has 36 characters."), "search")
    st.stop()
if account is not None:
    with st.container(width=380):
        st.html(cards.account_card(account))
else:
    st.caption(_("Amounts are in minor units of the account’s currency, such as cents."))
figures.show(account_id, account.currency if account is not None else "")
