"""What a form holds comes back after a reload.

It lies in the app's memory beside the sign-in, so nothing of it is in the address, a log or the browser, and it is
gone once the person leaves the page or signs out.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.components import layout, session


def keep(form: str, fields: Mapping[str, Any]) -> None:
    """Remember the fields, which are keys with what they hold at first, or fill them in again after a reload.

    Before the fields are drawn.
    """
    unfinished = session.unfinished()
    place = f"form {form}"
    is_first, st.session_state[place] = place not in st.session_state, True
    if is_first and not layout.has_moved():
        for key, value in unfinished.get(place, {}).items():
            if key in fields:
                st.session_state.setdefault(key, value)
        return
    held = {
        key: st.session_state[key] for key, first in fields.items() if st.session_state.get(key, first) != first
    }
    if held:
        unfinished[place] = held
    else:
        unfinished.pop(place, None)


def forget(form: str, fields: Mapping[str, Any]) -> None:
    """Begin anew, in a run that does not draw the fields: what the form held was used."""
    session.unfinished().pop(f"form {form}", None)
    for key in fields:
        st.session_state.pop(key, None)
