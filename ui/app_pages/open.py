"""Open an account: checking or savings, in one currency, under a name of one's own."""

from dataclasses import dataclass
from typing import Any

import msgspec
import streamlit as st

from ui.clients.accounts import Account
from ui.clients.errors import ApiError
from ui.components import cards, enter, kept, layout, onboarding, session
from ui.components.facts import facts
from ui.components.fields import FieldProblems
from ui.components.money import currency_label
from ui.components.move_form import NAME_MAX_CHARACTERS
from ui.language import N_, _

MEANINGS = {
    "checking": N_("For everyday money: salary in, rent and groceries out."),
    "savings": N_("For later: put something aside and watch it grow."),
}
FIELDS = {"open_type": "checking", "open_currency": None, "open_nickname": ""}


@dataclass
class Attempt:
    """One account to be opened. A second click, or a reload, finds it done already, so it opens one."""

    opened: Account | None = None


def current_attempt() -> Attempt:
    """The attempt of this visit; it outlives a reload."""
    attempt: Attempt | dict[str, Any]
    unfinished = session.unfinished()
    if layout.has_just_come() and not layout.is_opening():
        unfinished.pop("open", None)
    attempt = unfinished.setdefault("open", Attempt())
    if isinstance(attempt, dict):
        # As it was written down before the app was started again.
        attempt = unfinished["open"] = msgspec.convert(attempt, Attempt)
    return attempt


def opened(account: Account) -> None:
    """What was opened, as it is now, and what next."""
    account = session.accounts().get(account.account_id)
    st.success(_("Your account is open."), icon=":material/celebration:")
    with st.container(width=360):
        st.html(cards.account_card(account))
    onboarding.banner(session.user())
    with st.container(horizontal=True):
        if st.button(_("Go to my accounts"), type="primary", icon=":material/home:"):
            del session.unfinished()["open"]
            st.switch_page("app_pages/home.py")
        if st.button(_("Open another one"), icon=":material/add_card:"):
            del session.unfinished()["open"]
            kept.forget("open", FIELDS)
            st.rerun()


def ask(attempt: Attempt) -> None:
    """The form."""
    kept.keep("open", FIELDS)
    type_ = st.segmented_control(
        _("What is it for?"),
        facts().account_types,
        default=facts().account_types[0],
        required=True,
        format_func=cards.type_name,
        key="open_type",
        width="stretch",
    )
    wrong = FieldProblems()
    wrong.place("type")
    if type_ in MEANINGS:
        st.caption(_(MEANINGS[type_]))
    currency = st.selectbox(_("Currency"), facts().offered, format_func=currency_label, key="open_currency")
    wrong.place("currency")
    nickname = st.text_input(
        _("Your name for it (optional)"),
        placeholder=_("Holidays"),
        key="open_nickname",
        help=_("Only you see it. You can change it later."),
    ).strip()
    wrong.place("nickname")
    is_asked = st.button(
        _("Open the account"), type="primary", width="stretch", icon=":material/check:", key="open_account"
    )
    enter.presses("open_account", form="tm-form")
    wrong.place()
    if not is_asked:
        return
    wrong.limit("nickname", nickname, NAME_MAX_CHARACTERS)
    if wrong.found:
        return
    client = session.accounts()
    try:
        attempt.opened = client.create(type_=type_ or "checking", currency=currency)
        if nickname:
            attempt.opened = client.rename(attempt.opened.account_id, nickname)
    except ApiError as error:
        if attempt.opened is None:
            wrong.refused(error)
            return
        # It is open; the name can be given again where the account is managed.
    st.rerun()


layout.head(_("Open an account"), _("No fees, no paperwork."))
attempt = current_attempt()
if attempt.opened is not None:
    opened(attempt.opened)
else:
    with st.container(border=True, width=620, key="tm-form"):
        ask(attempt)
