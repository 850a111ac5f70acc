"""The script that runs for every visitor: who is it, which pages are theirs, and the one they asked for."""

import streamlit as st

from ui.clients.errors import ApiError, SessionEnded
from ui.clients.users import User
from ui.components import cookie, languages, layout, onboarding, problems, session
from ui.components.text import html
from ui.language import N_, _
from ui.server.sessions import SignIn

WATCH_EVERY_S = 10

# Address, file, title, icon: the same addresses whether signed in or not, so a refresh never gets lost.
CUSTOMER_PAGES = (
    ("home", N_("Home"), "home"),
    ("move", N_("Move money"), "swap_horiz"),
    ("account", N_("Statements"), "receipt_long"),
    ("statistics", N_("Statistics"), "insights"),
    ("open", N_("Open an account"), "add_card"),
    ("sharing", N_("Joint accounts"), "group"),
    ("identity", N_("Confirm who you are"), "badge"),
)
DESK_PAGES = (
    ("review", N_("Review"), "fact_check"),
    ("people", N_("People"), "person_search"),
    ("lookup", N_("Look up"), "search"),
    ("bank", N_("The bank"), "account_balance"),
    ("pipeline", N_("Pipeline"), "conversion_path"),
)
USER_PAGES = (("profile", N_("Profile"), "person"),)


def page(name: str, title: str, icon: str, *, file: str | None = None) -> st.Page:
    """One page of the app at the address of its name; Home is the address without a name."""
    return st.Page(
        f"app_pages/{file or name}.py",
        title=_(title),
        icon=f":material/{icon}:",
        url_path=name,
        default=name == "home",
    )


def pages_of(user: User) -> dict[str, list[st.Page]]:
    """The pages that this person may use; the services decide again on every call."""
    customer = [
        page(*entry)
        for entry in CUSTOMER_PAGES
        if entry[0] != "identity" or (not user.approved and not user.works_here)
    ]
    sections = {"": customer}
    may_open = {
        "review": user.reviews,
        "people": user.reads_users,
        "lookup": user.reads_statistics and not user.reads_users,
        "bank": user.reads_statistics,
        "pipeline": user.reads_statistics,
    }
    if desk := [page(*entry) for entry in DESK_PAGES if may_open[entry[0]]]:
        sections[_("Staff desk")] = desk
    sections[_("You")] = [page(*entry) for entry in USER_PAGES]
    return sections


@st.fragment(run_every=WATCH_EVERY_S)
def watch(held: SignIn, shown: User) -> None:
    """Keep the session alive while somebody is there, clear the screen when it is over, show an approval."""
    try:
        held.access_token()
        latest = shown if shown.approved else session.user(fresh=True)
    except SessionEnded:
        st.rerun()
    except ApiError:
        # Out of reach for a moment: the next look will tell.
        return
    if latest != shown:
        st.session_state["ran_by_itself"] = True
        st.rerun()


def run_signed_in(held: SignIn) -> None:
    """Navigation and page for somebody signed in."""
    if not st.session_state.pop("ran_by_itself", False):
        held.touch()
    session.learn_facts()
    user = session.user()
    pages = pages_of(user)
    chosen = st.navigation(pages, position="sidebar")
    layout.logo()
    layout.tabs([page for section in pages.values() for page in section])
    with st.sidebar:
        st.html(f'<p class="tm-signed">{html(_("Signed in as"))}<br><b>{html(user.name)}</b></p>')
        languages.switch("language_in_menu")
        st.button(_("Sign out"), icon=":material/logout:", on_click=session.end, key="sign_out", width="stretch")
    watch(held, user)
    layout.arrive(chosen.url_path)
    onboarding.news(user)
    try:
        chosen.run()
    finally:
        # However the run ends, a restart of the app finds what it left.
        held.keep()


def run_signed_out() -> None:
    """Whatever the address, the way in."""
    entries = CUSTOMER_PAGES + DESK_PAGES + USER_PAGES
    doors = [page(name, N_("Welcome"), icon, file="welcome") for name, _, icon in entries]
    st.navigation(doors, position="hidden").run()


st.set_page_config(page_title="Tidemark", page_icon="/favicon.png", layout="wide", menu_items={})
layout.frame()
languages.tell_the_browser()
signed_in = session.current()
# Before the page, which may take a while: a refresh right after signing in should find the cookie.
cookie.keep_in_step()
try:
    if signed_in is None:
        run_signed_out()
    else:
        run_signed_in(signed_in)
except SessionEnded:
    session.expire()
    st.rerun()
except ApiError as error:
    if error.status == 401:
        session.expire()
        st.rerun()
    problems.show(error)
    st.button(_("Try again"), icon=":material/refresh:")
