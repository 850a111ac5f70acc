"""What the last step did, said once on the page that it was done on."""

import streamlit as st

from ui.components.text import literal

_SAID = "said"


def keep(text: str) -> None:
    """To be said when the page runs again; plain text."""
    st.session_state[_SAID] = text


def show() -> None:
    """Say it."""
    if text := st.session_state.pop(_SAID, None):
        st.success(literal(text), icon=":material/check_circle:")
