"""Who is signed in: from this page's state, or from the browser's cookie after a refresh."""

import time
from datetime import UTC, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from ui.clients.accounts import AccountsClient
from ui.clients.errors import ApiError, SessionEnded
from ui.clients.http import Gateway
from ui.clients.stats import StatsClient
from ui.clients.users import User, UsersClient, Welcome
from ui.components import facts
from ui.language import N_, choice
from ui.server.routes import COOKIE_NAME
from ui.server.sessions import SignIn, store
from ui.settings import settings

USER_FRESH_S = 5.0
LOOPBACK = "127.0.0.1"
# Which of the unfinished things the page shows.
SHOWN_WORK = "shown_work"
ENDED = N_("Your session has ended, to keep your money safe. Please sign in again.")
ENDED_KEPT = N_(
    "Your session has ended, to keep your money safe. Sign in again: what you were filling in is still there."
)
SIGNED_OUT = N_("You are signed out. See you soon.")
SIGNED_OUT_HERE = N_(
    "You are signed out in this browser. The bank could not be told; your session there ends by itself "
    "within half an hour."
)


@cache
def _gateway_at(url: str) -> Gateway:
    return Gateway(url)


def learn_facts() -> None:
    """Have the bank's facts at hand; raises ApiError."""
    facts.learn(_gateway_at(settings().gateway_url))


def bank_zone() -> tzinfo:
    """The time zone in which the bank cuts days; UTC until its first statistics tell."""
    held: ZoneInfo | None = st.session_state.get("bank_zone")
    if held is None and current() is not None:
        try:
            name = stats().status().time_zone
        except ApiError:
            return UTC
        if name is not None:
            held = st.session_state["bank_zone"] = ZoneInfo(name)
    return held or UTC


def welcome() -> Welcome:
    """The calls that need no sign-in."""
    secret = settings().app_secret
    headers = {"X-Tidemark-App": secret, "X-Tidemark-Client": _address()} if secret else None
    return Welcome(_gateway_at(settings().gateway_url), headers=headers)


def _address() -> str:
    if header := settings().client_header:
        # Whoever reaches the app comes through that proxy, which writes over what visitors claim.
        return st.context.headers.get(header) or LOOPBACK
    # The server believes an X-Forwarded-For from its own machine. Without a proxy of ours in front (we speak
    # plain HTTP then), only a visitor on this machine can have sent one: theirs is the loopback address.
    is_claimed = not settings().is_https and "X-Forwarded-For" in st.context.headers
    return LOOPBACK if is_claimed else st.context.ip_address or LOOPBACK


def browser_handle() -> str | None:
    """What the browser's cookie held when this page was opened."""
    return st.context.cookies.get(settings().cookie(COOKIE_NAME))


def current() -> SignIn | None:
    """The live sign-in of this page, if any. A dead one is put away, with a word about it."""
    state = st.session_state
    held: SignIn | None = state.get("sign_in")
    if held is None and not state.get("looked_at_cookie"):
        state["looked_at_cookie"] = True
        handle = browser_handle()
        held = store.restore(handle, welcome())
        if handle and held is None:
            put_away(ENDED)
        state["sign_in"] = held
    if held is not None and held.is_over:
        _lapse(held)
        return None
    return held


def _required() -> SignIn:
    held = current()
    if held is None:
        raise SessionEnded
    return held


def begin(*, email: str, password: str) -> None:
    """Sign in; raises ApiError. The page has to run again afterwards."""
    client = welcome()
    held = SignIn(client, client.login(email=email, password=password))
    choice.start_anew()
    st.session_state["looked_at_cookie"] = True
    st.session_state["sign_in"] = held
    st.session_state["ticket"] = store.issue_ticket(held)


def end() -> None:
    """Sign out everywhere: the bank's session, the cookie's handle, what this page remembers."""
    held: SignIn | None = st.session_state.get("sign_in")
    notice = SIGNED_OUT
    if held is not None:
        store.forget(held)
        try:
            held.end(tell_the_bank=True)
        except ApiError:
            notice = SIGNED_OUT_HERE
    put_away(notice)


def expire() -> None:
    """The bank says that the session is over: put it away."""
    held: SignIn | None = st.session_state.get("sign_in")
    if held is not None:
        _lapse(held)


def _lapse(held: SignIn) -> None:
    """A sign-in ended without the person: what they were in the middle of waits until they are back."""
    shown: Any = held.unfinished.get(st.session_state.get(SHOWN_WORK, ""))
    if hasattr(shown, "keep"):
        # Typed in this very run, which ends here.
        shown.keep()
    store.set_aside(held)
    store.forget(held)
    put_away(ENDED_KEPT if held.unfinished else ENDED)


def put_away(notice: str) -> None:
    """The sign-in is over: say `notice` where one signs in again."""
    # Everything of the person goes, so the next one at this screen finds nothing.
    choice.start_anew()
    st.session_state["looked_at_cookie"] = True
    st.session_state["drop_cookie"] = True
    st.session_state["notice"] = notice


def unfinished() -> dict[str, Any]:
    """What the person is in the middle of, by the id that the address carries."""
    return _required().unfinished


def users() -> UsersClient:
    """The users service as the person signed in."""
    return UsersClient(_gateway_at(settings().gateway_url), _required().access_token)


def accounts() -> AccountsClient:
    """The accounts service as the person signed in."""
    return AccountsClient(_gateway_at(settings().gateway_url), _required().access_token)


def stats() -> StatsClient:
    """The stats service as the person signed in."""
    return StatsClient(_gateway_at(settings().gateway_url), _required().access_token)


def user(*, fresh: bool = False) -> User:
    """The person signed in; read again every few seconds, and each time while they wait to be approved."""
    state, held = st.session_state, _required()
    known: User | None = state.get("user")
    if fresh or known is None or not known.approved or time.monotonic() - state["user_read_at"] > USER_FRESH_S:
        known = users().me()
        if held.user_id is None:
            store.take_up(held, known.user_id)
        state["user"] = known
        state["user_read_at"] = time.monotonic()
    return known
