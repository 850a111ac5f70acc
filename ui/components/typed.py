"""What a stranger typed into a form outlives a reload: they have no sign-in beside which the app could keep it.

It lies in the browser's own memory of this tab, which goes with the tab, and goes once they are signed in
(`cookie.py`). Passwords are never in it.
"""

import streamlit as st

MEMORY = "tidemark_typed"
_CODE = """
const LATEST_MS = 5000

export default function ({ data }) {
  const { form, memory } = data
  const fields = () => [...document.querySelectorAll(`.st-key-${form} input:not([type=password])`)]
  const began = Date.now()
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set
  const fill = () => {
    const held = JSON.parse(sessionStorage.getItem(memory) ?? "[]")
    const found = fields()
    if (found.length < held.length) {
      // They are still being drawn.
      if (Date.now() - began < LATEST_MS) timer = setTimeout(fill, 50)
      return
    }
    held.forEach((text, at) => {
      if (!text || found[at].value) return
      set.call(found[at], text)
      found[at].dispatchEvent(new Event("input", { bubbles: true }))
    })
  }
  const note = (event) => {
    if (!event.target.closest?.(`.st-key-${form}`)) return
    sessionStorage.setItem(memory, JSON.stringify(fields().map((field) => field.value)))
  }
  let timer = setTimeout(fill, 0)
  document.addEventListener("input", note)
  return () => {
    clearTimeout(timer)
    document.removeEventListener("input", note)
  }
}
"""

_keeper = st.components.v2.component("tidemark_typed", html="<i hidden></i>", js=_CODE)


def keep(form: str) -> None:
    """Keep what is typed into the container keyed `form`, and fill it in after a reload."""
    with st.container(key=f"tm-session-typed-{form}", height=1):
        _keeper(key=f"typed_{form}", data={"form": form, "memory": MEMORY}, height=1)
