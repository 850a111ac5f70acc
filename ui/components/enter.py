"""Enter in a text field presses a button, where `st.form` does not fit: a form's fields reach the server only when
it is sent, so a reload before that would lose what was typed.
"""

import streamlit as st

_CODE = """
export default function ({ data }) {
  const { form, button } = data
  const press = (event) => {
    const field = event.target.closest?.(`.st-key-${form} input[type=text]`)
    if (event.key !== "Enter" || event.isComposing || !field || field.role === "combobox") return
    // After the field has told the server what it holds.
    setTimeout(() => document.querySelector(`.st-key-${button} button`)?.click(), 30)
  }
  document.addEventListener("keydown", press)
  return () => document.removeEventListener("keydown", press)
}
"""

_listener = st.components.v2.component("tidemark_enter", html="<i hidden></i>", js=_CODE)


def presses(button: str, *, form: str) -> None:
    """Enter in a text field of the container keyed `form` presses the button keyed `button`."""
    with st.container(key=f"tm-session-{button}", height=1):
        _listener(key=f"enter_{button}", data={"form": form, "button": button}, height=1)
