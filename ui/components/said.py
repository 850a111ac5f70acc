"""What the last step did, said once on the page that it was done on."""

import streamlit as st

from ui.components.text import literal

_SAID = "said"


def keep(text: str) -> None:
    """To be said when the page runs again; plain text."""
    st.session_state[_SAID] = text


def show() -> None:
    """Say it, in a place that is there without words too: what comes below it would be drawn anew, and close."""
    place = st.empty()
    if text := st.session_state.pop(_SAID, None):
        place.success(literal(text), icon=":material/check_circle:")
