"""The script that runs for every visitor: who is it, which pages are theirs, and the one they asked for."""

import streamlit as st

from ui import pages
from ui.clients.errors import ApiError, SessionEnded
from ui.clients.users import User
from ui.components import cookie, languages, layout, onboarding, problems, session
from ui.components.text import html
from ui.language import _
from ui.server.sessions import SignIn

WATCH_EVERY_S = 10


def page(entry: pages.Entry, *, is_shown: bool = True) -> st.Page:
    """One page of the app at the address of its name; Home is the address without a name."""
    return st.Page(
        f"app_pages/{entry.name}.py",
        title=_(entry.title),
        icon=f":material/{entry.icon}:",
        url_path=entry.name,
        default=entry == pages.HOME,
        visibility="visible" if is_shown else "hidden",
    )


def pages_of(user: User) -> dict[str, list[st.Page]]:
    """The menu of this person. What it has not is still at its address, and says there whose it is: a link may
    be older than a role or an approval."""
    shown = pages.in_menu(user)
    hidden = [page(entry, is_shown=False) for entry in pages.ALL if entry.name not in shown]
    sections = {"": pages.CUSTOMER, _("Staff desk"): pages.DESK, _("You"): pages.OWN}
    menu = {
        title: found
        for title, entries in sections.items()
        if (found := [page(entry) for entry in entries if entry.name in shown])
    }
    menu[""] += hidden
    return menu


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
    menu = pages_of(user)
    chosen = st.navigation(menu, position="sidebar")
    layout.logo()
    layout.tabs([page for section in menu.values() for page in section if page.visibility == "visible"])
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
    doors = [
        st.Page("app_pages/welcome.py", title=_("Welcome"), url_path=entry.name, default=entry == pages.HOME)
        for entry in pages.ALL
    ]
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
