"""Somebody who forgot their password sets a new one, with a code that staff gave them."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.components import details, session
from ui.components.fields import FORM, FieldProblems
from ui.components.text import html
from ui.language import N_, _

ADDRESS = "forgotten"
CHANGED = N_("Your password is changed, and you are signed out everywhere. Sign in with the new one.")


def is_asked() -> bool:
    """Whether the address asks for this form."""
    return ADDRESS in st.query_params


def ask() -> None:
    """For a button's `on_click`: the address asks for the form, so that a reload comes back to it."""
    st.query_params[ADDRESS] = "password"


def close() -> None:
    """Back to signing in."""
    st.query_params.pop(ADDRESS, None)


def form() -> None:
    """Email, code and the new password."""
    st.html(f'<h2 class="tm-step">{html(_("Forgotten password"))}</h2>')
    st.caption(
        _(
            "Call us or come by. Once we know that it is you, you get a code that is good for an hour and works "
            "once."
        )
    )
    wrong = FieldProblems()
    with st.form("forgotten_form", border=False):
        email = st.text_input(
            _("Email"), key="forgotten_email", type="email", autocomplete="username", validate=""
        ).strip()
        wrong.place("email")
        code = st.text_input(_("Code"), key="forgotten_code", autocomplete="one-time-code").strip()
        wrong.place("code")
        password = st.text_input(
            _("New password"),
            key="forgotten_password",
            type="password",
            autocomplete="new-password",
            help=details.password_help(),
        )
        wrong.place("new_password")
        is_sent = st.form_submit_button(_("Set the new password"), type="primary", width="stretch")
        wrong.place(FORM)
    st.button(_("Back to signing in"), icon=":material/arrow_back:", on_click=close, type="tertiary")
    if not is_sent:
        return
    if problem := details.email_problem(email):
        wrong.say("email", problem)
    if not code:
        wrong.say("code", _("Type the code that you were given."))
    if problem := details.password_problem(password):
        wrong.say("new_password", problem)
    if not wrong.found:
        _reset(email, code, password, wrong)


def _reset(email: str, code: str, password: str, wrong: FieldProblems) -> None:
    try:
        session.welcome().reset(email=email, code=code, password=password)
    except ApiError as error:
        if error.code == "reset_refused":
            wrong.say("code", _("Email and code don’t match, or the code is used or too old. Ask us for another."))
        else:
            wrong.refused(error)
        return
    close()
    for key in ("forgotten_email", "forgotten_code", "forgotten_password"):
        st.session_state.pop(key, None)
    st.session_state["notice"] = CHANGED
    st.session_state["sign_in_email"] = email
    st.rerun()
