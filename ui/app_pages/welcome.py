"""The way in: sign in, or become a customer."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.components import details, forgotten, languages, layout, onboarding, session
from ui.components.fields import FORM, FieldProblems
from ui.components.text import html
from ui.language import N_, _

SIGN_IN, CREATE = "sign_in", "create"
DOORS = {SIGN_IN: N_("Sign in"), CREATE: N_("Create a user")}
MISMATCH = N_(
    "Email and password don’t match, or there were too many attempts. Check both, or try again in a little while."
)
PROMISES = (
    (N_("See where it goes."), N_("In and out, averages and extremes, without spreadsheets.")),
    (N_("Nothing twice."), N_("A payment posts once, however often you click.")),
    (N_("Proven."), N_("Every figure is reconciled with the ledger before you see it.")),
)


def sign_in_form() -> None:
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
        enter(email, password, wrong)


def create_form() -> None:
    """The four things that a user is made of; what was typed stays until it is accepted."""
    onboarding.way(onboarding.DATA)
    wrong = FieldProblems()
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
    wrong.say_all(problems_of(name, email, phone, password))
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
    enter(email, password, wrong, is_new=True)


def problems_of(name: str, email: str, phone: str, password: str) -> dict[str, str]:
    """What can be told before the bank is asked, by field."""
    found = {
        "name": "" if name else _("Type your name."),
        "email": details.email_problem(email),
        "phone": "" if phone else _("Type your mobile number."),
        "password": details.password_problem(password),
    }
    return {field: text for field, text in found.items() if text}


def enter(email: str, password: str, wrong: FieldProblems, *, is_new: bool = False) -> None:
    """Sign in and go on; a refusal is one sentence, the same for every wrong way."""
    try:
        session.begin(email=email, password=password)
    except ApiError as error:
        if error.status == 401:
            wrong.say(FORM, _(MISMATCH))
        else:
            wrong.refused(error)
        return
    if is_new:
        st.session_state["go_to"] = "identity"
    st.rerun()


def story() -> str:
    """HTML of what the bank promises."""
    promises = "".join(f"<li><b>{html(_(bold))}</b> {html(_(text))}</li>" for bold, text in PROMISES)
    lead = _(
        "Checking and savings in many currencies, and statistics of every day, week and month that match your "
        "statement to the last cent."
    )
    return (
        f'<section class="tm-hero">{layout.logo_image()}<h1>{html(_("Money that always adds up."))}</h1>'
        f"<p>{html(lead)}</p><ul>{promises}</ul></section>"
    )


def way_in() -> None:
    """Sign in, or become a customer."""
    choice = st.segmented_control(
        _("What would you like to do?"),
        list(DOORS),
        format_func=lambda name: _(DOORS[name]),
        default=SIGN_IN,
        required=True,
        key="door",
        label_visibility="collapsed",
        width="stretch",
    )
    if choice == CREATE:
        create_form()
    else:
        sign_in_form()
        st.button(_("Forgotten password?"), type="tertiary", on_click=forgotten.ask, key="to_forgotten")


st.html('<style>[data-testid="stSidebar"],[data-testid="stSidebarCollapsedControl"]{display:none}</style>')
left, door = st.columns([1.15, 1], gap="medium", vertical_alignment="center")
with left:
    st.html(story())
with door:
    with st.container(border=True, key="tm-door"):
        layout.notice()
        if forgotten.is_asked():
            forgotten.form()
        else:
            way_in()
    languages.switch("language_at_door")
