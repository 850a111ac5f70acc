"""A second look before something that cannot be taken back.

What is asked stands where the first button was, and the buttons that answer stand below it: the second click of
a pair meets text.
"""

from collections.abc import Callable

import streamlit as st

from ui.components.text import html
from ui.language import _p

_ASKED = "confirming"


def is_asked(key: str) -> bool:
    """Whether the person is being asked about `key`."""
    return st.session_state.get(_ASKED) == key


def ask(key: str) -> None:
    """Ask about `key` from the next run on; for a button's `on_click`."""
    st.session_state[_ASKED] = key


def close() -> None:
    """Ask no more."""
    st.session_state.pop(_ASKED, None)


def question(text: str, yes: str, act: Callable[[], None], *, shortcut: str | None = None) -> None:
    """The question in plain text and its two answers; `yes` runs `act`, once."""
    st.html(f'<p class="tm-question" role="alert">{html(text)}</p>')
    key = st.session_state[_ASKED]
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            _p("to the step before", "Back"), key=f"{key}_no", on_click=close, shortcut="Esc" if shortcut else None
        )
        if st.button(yes, key=f"{key}_yes", type="primary", icon=":material/check:", shortcut=shortcut):
            close()
            act()
