"""The way in: sign in, or become a customer."""

import re

import streamlit as st

from ui.clients.errors import ApiError
from ui.components import languages, layout, session
from ui.components.fields import FORM, FieldProblems

PASSWORD_MIN_CHARACTERS = 12
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
EMAIL_PROBLEM = "Write the whole address, such as you@example.com."
MISMATCH = (
    "Email and password don’t match, or there were too many attempts. Check both, or try again in a little while."
)


def sign_in_form() -> None:
    """Email and password; the page runs again as the person's home."""
    wrong = FieldProblems()
    with st.form("sign_in_form", border=False):
        # Checked below: the field's own check stops the form without a word.
        email = st.text_input(
            "Email", key="sign_in_email", type="email", autocomplete="username", validate=""
        ).strip()
        wrong.place("email")
        password = st.text_input(
            "Password", key="sign_in_password", type="password", autocomplete="current-password"
        )
        wrong.place("password")
        is_sent = st.form_submit_button("Sign in", type="primary", width="stretch")
        wrong.place()
    if not is_sent:
        return
    if not EMAIL.fullmatch(email):
        wrong.say("email", EMAIL_PROBLEM if email else "Type your email.")
    if not password:
        wrong.say("password", "Type your password.")
    if not wrong.found:
        enter(email, password, wrong)


def create_form() -> None:
    """The four things that a user is made of; what was typed stays until it is accepted."""
    wrong = FieldProblems()
    with st.form("create_form", border=False):
        name = st.text_input(
            "Full name", key="create_name", autocomplete="name", help="As it stands on your identity document."
        ).strip()
        wrong.place("name")
        email = st.text_input("Email", key="create_email", type="email", autocomplete="email", validate="").strip()
        wrong.place("email")
        phone = st.text_input(
            "Mobile number",
            key="create_phone",
            autocomplete="tel",
            placeholder="+420 601 123 456",
            help="With the country code, so that we can reach you from anywhere.",
        ).strip()
        wrong.place("phone")
        password = st.text_input(
            "Password",
            key="create_password",
            type="password",
            autocomplete="new-password",
            help=f"At least {PASSWORD_MIN_CHARACTERS} characters. A few unrelated words are easy to remember.",
        )
        wrong.place("password")
        is_sent = st.form_submit_button("Create my user", type="primary", width="stretch")
        wrong.place()
    st.caption(
        "We keep your email and phone encrypted, and never share them. Next we ask for a photo of an "
        "identity document, so that nobody else can open accounts in your name."
    )
    if not is_sent:
        return
    wrong.say_all(problems_of(name, email, phone, password))
    if wrong.found:
        return
    try:
        session.welcome().create(name=name, email=email, phone=phone, password=password)
    except ApiError as error:
        if error.status == 409:
            wrong.say("email", "There is a user with this email already. Sign in instead.")
        else:
            wrong.refused(error)
        return
    enter(email, password, wrong, is_new=True)


def problems_of(name: str, email: str, phone: str, password: str) -> dict[str, str]:
    """What can be told before the bank is asked, by field."""
    found = {}
    if not name:
        found["name"] = "Type your name."
    if not EMAIL.fullmatch(email):
        found["email"] = EMAIL_PROBLEM if email else "Type your email."
    if not phone:
        found["phone"] = "Type your mobile number."
    if len(password) < PASSWORD_MIN_CHARACTERS:
        found["password"] = f"The password needs at least {PASSWORD_MIN_CHARACTERS} characters."
    return found


def enter(email: str, password: str, wrong: FieldProblems, *, is_new: bool = False) -> None:
    """Sign in and go on; a refusal is one sentence, the same for every wrong way."""
    try:
        session.begin(email=email, password=password)
    except ApiError as error:
        if error.status == 401:
            wrong.say(FORM, MISMATCH)
        else:
            wrong.refused(error)
        return
    if is_new:
        st.session_state["go_to"] = "identity"
    st.rerun()


st.html('<style>[data-testid="stSidebar"],[data-testid="stSidebarCollapsedControl"]{display:none}</style>')
story, door = st.columns([1.15, 1], gap="medium", vertical_alignment="center")
with story:
    st.html(
        f'<section class="tm-hero">{layout.logo_image()}'
        "<h1>Money that always adds&nbsp;up.</h1>"
        "<p>Checking and savings in many currencies, and statistics of every day, week and month that "
        "match your statement to the last cent.</p><ul>"
        "<li><b>See where it goes.</b> In and out, averages and extremes, without spreadsheets.</li>"
        "<li><b>Nothing twice.</b> A payment posts once, however often you click.</li>"
        "<li><b>Proven.</b> Every figure is reconciled with the ledger before you see it.</li>"
        "</ul></section>"
    )
with door, st.container(border=True, key="tm-door"):
    layout.notice()
    choice = st.segmented_control(
        "What would you like to do?",
        ["Sign in", "Create a user"],
        default="Sign in",
        required=True,
        key="door",
        label_visibility="collapsed",
        width="stretch",
    )
    if choice == "Create a user":
        create_form()
    else:
        sign_in_form()
    languages.switch("language_at_door")
