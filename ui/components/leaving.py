"""Deleting one's user: what stands in the way, and the last question."""

import streamlit as st

from ui.clients.accounts import Account
from ui.clients.errors import ApiError
from ui.components import cards, details, session
from ui.components.fields import FORM, FieldProblems
from ui.components.money import format_money
from ui.components.text import literal
from ui.language import N_, _

DELETED = N_("Your user is deleted, and what identified you with it. Goodbye.")


def show() -> None:
    """What deleting does, what has to be done before, and the form."""
    st.caption(
        _(
            "Your accounts are closed, and the key to your email, phone number and photo is destroyed. Joint "
            "accounts stay with their other owners. Nothing can bring your user back."
        )
    )
    accounts = session.accounts().of_user(session.user().user_id)
    held = [item for item in accounts if item.closed_at is None and item.total and not item.is_joint]
    if held:
        _in_the_way(held)
    else:
        _form()


def _in_the_way(held: list[Account]) -> None:
    st.warning(
        _("Only empty accounts can be closed. Bring these to zero first:"),
        icon=":material/account_balance_wallet:",
    )
    for account in held:
        amount = format_money(account.total, account.currency)
        st.page_link(
            "app_pages/move.py",
            label=literal(f"{cards.option(account)}: {amount}"),
            icon=":material/swap_horiz:",
            query_params={"account": account.account_id},
        )


def _form() -> None:
    wrong = FieldProblems()
    with st.form("tm-leave", border=False):
        is_sure = st.checkbox(_("I want my user to be deleted for good"), key="leave_sure")
        wrong.place("sure")
        password = st.text_input(
            _("Your password"), key="leave_password", type="password", autocomplete="current-password"
        )
        wrong.place("current_password")
        is_sent = st.form_submit_button(_("Delete my user"), icon=":material/delete_forever:")
        wrong.place(FORM)
    if not is_sent:
        return
    if not is_sure:
        wrong.say("sure", _("Tick this first."))
    if not password:
        wrong.say("current_password", _("Type your password."))
    if wrong.found:
        return
    try:
        session.users().delete(password)
    except ApiError as error:
        details.refused(error, wrong)
        return
    session.put_away(DELETED)
    st.rerun()
