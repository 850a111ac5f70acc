"""The way in: sign in, or become a customer."""

import streamlit as st

from ui.components import forgotten, languages, layout, way_in
from ui.components.text import html
from ui.language import N_, _

SIGN_IN, CREATE = "sign_in", "create"
DOORS = {SIGN_IN: N_("Sign in"), CREATE: N_("Create a user")}
PROMISES = (
    (N_("See where it goes."), N_("In and out, averages and extremes, without spreadsheets.")),
    (N_("Nothing twice."), N_("A payment posts once, however often you click.")),
    (N_("Proven."), N_("Every figure is reconciled with the ledger before you see it.")),
)


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


def keep_door() -> None:
    """The address has the choice, so that a reload comes back to it."""
    if st.session_state["door"] == CREATE:
        st.query_params[way_in.ADDRESS] = "user"
    else:
        st.query_params.pop(way_in.ADDRESS, None)


def choose() -> None:
    """Sign in, or become a customer."""
    choice = st.segmented_control(
        _("What would you like to do?"),
        list(DOORS),
        format_func=lambda name: _(DOORS[name]),
        default=CREATE if way_in.ADDRESS in st.query_params else SIGN_IN,
        required=True,
        key="door",
        on_change=keep_door,
        label_visibility="collapsed",
        width="stretch",
    )
    if choice == CREATE:
        way_in.create()
    else:
        way_in.sign_in()
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
            choose()
    languages.switch("language_at_door")
