"""The bit of browser code that turns a ticket into the session cookie, and drops the cookie again.

A script cannot set a cookie, and a cookie that page code can read could be stolen by page code. So the
browser trades a single-use ticket for an HttpOnly cookie at a route of the app's own server.
"""

import streamlit as st

from ui.components import typed
from ui.server.routes import SESSION_PATH
from ui.server.sessions import store

_CODE = """
const asked = new Set()

export default function ({ data }) {
  const { method, ticket, once, path, memory } = data
  if (asked.has(once)) return
  asked.add(once)
  // What was typed on the way in has done its work.
  sessionStorage.removeItem(memory)
  fetch(path, {
    method,
    headers: { "Content-Type": "application/json" },
    credentials: "same-origin",
    body: JSON.stringify(ticket ? { ticket } : {}),
  }).catch(() => asked.delete(once))
}
"""

_keeper = st.components.v2.component("tidemark_session", html="<i hidden></i>", js=_CODE)


def keep_in_step() -> None:
    """Have the browser take up a new sign-in, or let go of an ended one."""
    ticket = st.session_state.get("ticket")
    if ticket is not None and store.is_waiting(ticket):
        _ask("POST", ticket, once=ticket)
    elif st.session_state.get("drop_cookie"):
        _ask("DELETE", None, once=str(id(st.session_state)))


def _ask(method: str, ticket: str | None, *, once: str) -> None:
    with st.container(key="tm-session", height=1):
        _keeper(
            key="session_keeper",
            data={
                "method": method,
                "ticket": ticket,
                "once": once,
                "path": SESSION_PATH,
                "memory": typed.MEMORY,
            },
            height=1,
        )
