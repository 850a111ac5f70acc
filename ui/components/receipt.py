"""What happened to money, as people keep it: shown, printed, shared."""

from collections.abc import Iterable

import streamlit as st

from ui.components import cards
from ui.components.text import html
from ui.language import _

# Printing is the page's own print form (style.css), which a browser also saves as PDF. Where there is nothing to
# share with, as on most desktops, the text goes to the clipboard.
_CODE = """
export default function ({ data, parentElement }) {
  const [print, share] = parentElement.querySelectorAll("button")
  print.textContent = data.print
  share.textContent = data.share
  print.onclick = () => window.print()
  share.onclick = async () => {
    if (navigator.share) {
      await navigator.share({ title: data.title, text: data.text }).catch(() => {})
      return
    }
    await navigator.clipboard.writeText(data.text)
    share.textContent = data.copied
  }
  share.hidden = !navigator.share && !navigator.clipboard
}
"""
_STYLE = """
div { display: flex; flex-wrap: wrap; gap: .6rem; justify-content: center; }
button {
  font: inherit; color: var(--st-text-color); background: transparent; cursor: pointer; min-height: 44px;
  border: 1px solid var(--st-border-color); border-radius: 999px; padding: .4rem 1.3rem;
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_ways = st.components.v2.component(
    "tidemark_receipt",
    html='<div><button type="button"></button><button type="button"></button></div>',
    css=_STYLE,
    js=_CODE,
)


def show(amount: str, rows: Iterable[tuple[str, str]]) -> None:
    """The amount, and what else there is to know as (label, value)."""
    st.html(f'<p class="tm-amount">{html(amount)}</p>')
    st.html(cards.facts(rows))


def ways(key: str, title: str, amount: str, rows: Iterable[tuple[str, str]]) -> None:
    """The buttons that print and share what `show` shows."""
    text = "\n".join([f"{title}: {amount}", *(f"{label}: {value}" for label, value in rows), "Tidemark"])
    with st.container(key=f"tm-ways-{key}"):
        _ways(
            key=f"ways_{key}",
            data={
                "title": title,
                "text": text,
                "print": _("Print or save"),
                "share": _("Share"),
                "copied": _("Copied"),
            },
        )
