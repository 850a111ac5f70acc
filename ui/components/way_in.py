"""The two forms of the way in: for who is a user already, and for who becomes one."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.components import details, onboarding, session, typed
from ui.components.fields import FORM, FieldProblems
from ui.language import N_, _

# In the address while somebody becomes a user, so that a reload comes back to that form.
ADDRESS = "new"
MISMATCH = N_(
    "Email and password don’t match, or there were too many attempts. Check both, or try again in a little while."
)


def sign_in() -> None:
    """Email and password; the page runs again as the person's home."""
    wrong = FieldProblems()
    with st.form("sign_in_form", border=False):
        # Checked below: the field's own check stops the form without a word.
        email = st.text_input(
            _("Email"), key="sign_in_email", type="email", autocomplete="username", validate=""
        ).strip()
        wrong.place("email")
        password = st.text_input(
            _("Password"), key="sign_in_password", type="password", autocomplete="current-password"
        )
        wrong.place("password")
        is_sent = st.form_submit_button(_("Sign in"), type="primary", width="stretch")
        wrong.place()
    if not is_sent:
        return
    if problem := details.email_problem(email):
        wrong.say("email", problem)
    if not password:
        wrong.say("password", _("Type your password."))
    if not wrong.found:
        _enter(email, password, wrong)


def create() -> None:
    """The four things that a user is made of; what was typed stays until it is accepted."""
    onboarding.way(onboarding.DATA)
    wrong = FieldProblems()
    typed.keep("tm-door")
    with st.form("create_form", border=False):
        name = st.text_input(
            _("Full name"),
            key="create_name",
            autocomplete="name",
            help=_("As it stands on your identity document."),
        ).strip()
        wrong.place("name")
        email = st.text_input(
            _("Email"), key="create_email", type="email", autocomplete="email", validate=""
        ).strip()
        wrong.place("email")
        phone = st.text_input(
            _("Mobile number"),
            key="create_phone",
            autocomplete="tel",
            placeholder="+420 601 123 456",
            help=_("With the country code, so that we can reach you from anywhere."),
        ).strip()
        wrong.place("phone")
        password = st.text_input(
            _("Password"),
            key="create_password",
            type="password",
            autocomplete="new-password",
            help=details.password_help(),
        )
        wrong.place("password")
        is_sent = st.form_submit_button(_("Create my user"), type="primary", width="stretch")
        wrong.place()
    st.caption(
        _(
            "We keep your email and phone encrypted, and never share them. Next we ask for a photo of an "
            "identity document, so that nobody else can open accounts in your name."
        )
    )
    if not is_sent:
        return
    wrong.say_all(_problems_of(name, email, phone, password))
    if wrong.found:
        return
    try:
        session.welcome().create(name=name, email=email, phone=phone, password=password)
    except ApiError as error:
        if error.code == "email_taken":
            wrong.say("email", _("There is a user with this email already. Sign in instead."))
        else:
            wrong.refused(error)
        return
    _enter(email, password, wrong, is_new=True)


def _problems_of(name: str, email: str, phone: str, password: str) -> dict[str, str]:
    """What can be told before the bank is asked, by field."""
    found = {
        "name": "" if name else _("Type your name."),
        "email": details.email_problem(email),
        "phone": "" if phone else _("Type your mobile number."),
        "password": details.password_problem(password),
    }
    return {field: text for field, text in found.items() if text}


def _enter(email: str, password: str, wrong: FieldProblems, *, is_new: bool = False) -> None:
    """Sign in and go on; a refusal is one sentence, the same for every wrong way."""
    try:
        session.begin(email=email, password=password)
    except ApiError as error:
        if error.status == 401:
            wrong.say(FORM, _(MISMATCH))
        else:
            wrong.refused(error)
        return
    st.query_params.pop(ADDRESS, None)
    if is_new:
        st.session_state["go_to"] = "identity"
    st.rerun()
