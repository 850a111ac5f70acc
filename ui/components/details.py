"""What the bank knows about the person, and how they change it."""

import re

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.users import User
from ui.components import said, session
from ui.components.fields import FORM, FieldProblems
from ui.language import _

PASSWORD_MIN_CHARACTERS = 12
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def email_problem(email: str) -> str:
    """What is wrong with an address, as far as can be told before the bank is asked; "" for nothing."""
    if not email:
        return _("Type your email.")
    return "" if EMAIL.fullmatch(email) else _("Write the whole address, such as you@example.com.")


def password_problem(password: str) -> str:
    """As `email_problem`, for a new password."""
    if len(password) >= PASSWORD_MIN_CHARACTERS:
        return ""
    return _("The password needs at least {count} characters.", count=PASSWORD_MIN_CHARACTERS)


def password_help() -> str:
    """What makes a good one."""
    return _(
        "At least {count} characters. A few unrelated words are easy to remember.", count=PASSWORD_MIN_CHARACTERS
    )


def refused(error: ApiError, wrong: FieldProblems) -> None:
    """What the bank says to a change: at the field that it is about."""
    if error.code == "wrong_password":
        wrong.say("current_password", _("That is not your password."))
    elif error.code == "email_taken":
        wrong.say("email", _("There is a user with this email already."))
    else:
        wrong.refused(error)


def change_details(user: User) -> None:
    """Name, email and phone in one form; the password is asked for when email or phone change."""
    wrong = FieldProblems()
    for name in ("name", "email", "phone"):
        st.session_state.setdefault(f"profile_{name}", getattr(user, name))
    with st.form("tm-details", border=False):
        name = st.text_input(_("Full name"), key="profile_name", autocomplete="name").strip()
        wrong.place("name")
        email = st.text_input(
            _("Email"), key="profile_email", type="email", autocomplete="email", validate=""
        ).strip()
        wrong.place("email")
        phone = st.text_input(_("Mobile number"), key="profile_phone", autocomplete="tel").strip()
        wrong.place("phone")
        password = st.text_input(
            _("Your password, to change email or number"),
            key="profile_password",
            type="password",
            autocomplete="current-password",
        )
        wrong.place("current_password")
        is_sent = st.form_submit_button(_("Keep the changes"), type="primary")
        wrong.place(FORM)
    if not is_sent:
        return
    typed = {"name": name, "email": email, "phone": phone}
    changes = {field: value for field, value in typed.items() if value != getattr(user, field)}
    if not name:
        wrong.say("name", _("Type your name."))
    if problem := email_problem(email):
        wrong.say("email", problem)
    if not phone:
        wrong.say("phone", _("Type your mobile number."))
    if changes.keys() & {"email", "phone"}:
        if not password:
            wrong.say("current_password", _("Type your password: it is needed for this."))
        changes["current_password"] = password
    if wrong.found:
        return
    if changes:
        _update(changes, _("Your details are changed."), wrong)
    else:
        said.keep(_("There was nothing to change."))
        st.rerun()


def change_password() -> None:
    """The present one and a new one; it ends all other sign-ins."""
    wrong = FieldProblems()
    with st.form("tm-password", border=False, clear_on_submit=False):
        current = st.text_input(
            _("Your password now"), key="password_now", type="password", autocomplete="current-password"
        )
        wrong.place("current_password")
        new = st.text_input(
            _("New password"),
            key="password_new",
            type="password",
            autocomplete="new-password",
            help=password_help(),
        )
        wrong.place("new_password")
        is_sent = st.form_submit_button(_("Change the password"), type="primary")
        wrong.place(FORM)
    st.caption(_("You stay signed in here. Everywhere else you are signed out, and your programs’ tokens end."))
    if not is_sent:
        return
    if not current:
        wrong.say("current_password", _("Type your password."))
    if problem := password_problem(new):
        wrong.say("new_password", problem)
    if not wrong.found:
        changes = {"current_password": current, "new_password": new}
        _update(changes, _("Your password is changed."), wrong)


def _update(changes: dict[str, str], text: str, wrong: FieldProblems) -> None:
    try:
        session.users().update(**changes)
    except ApiError as error:
        refused(error, wrong)
        return
    # What was typed goes, the passwords above all; the fields are filled anew from what the bank holds.
    for key in list(st.session_state):
        if str(key).startswith(("profile_", "password_")):
            del st.session_state[key]
    said.keep(text)
    st.rerun()
