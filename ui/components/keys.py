"""Keys that press buttons, for those that Streamlit's own shortcuts leave no room for (it keeps C and R)."""

import streamlit as st

_CODE = """
export default function ({ data }) {
  const press = (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable=true], [role=combobox]")
    const button = data.keys[event.key.toLowerCase()]
    if (typing || !button || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    event.preventDefault()
    event.stopImmediatePropagation()
    document.querySelector(`.st-key-${button} button`)?.click()
  }
  // Before Streamlit hears of it.
  document.addEventListener("keydown", press, true)
  return () => document.removeEventListener("keydown", press, true)
}
"""

_listener = st.components.v2.component("tidemark_keys", html="<i hidden></i>", js=_CODE)


def press(keys: dict[str, str], *, name: str) -> None:
    """Each key (lower case) presses the button of that key name, wherever the focus is but in a field."""
    with st.container(key=f"tm-session-{name}", height=1):
        _listener(key=f"keys_{name}", data={"keys": keys}, height=1)
