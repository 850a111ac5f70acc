"""What frames every page: the look, the logo, page heads, notices."""

import base64
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui.components import own_words
from ui.components.text import html
from ui.language import _

_ASSETS = Path(__file__).parent.parent / "assets"


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text()


def _white_logo() -> str:
    return _asset("logo.svg").replace("currentColor", "#ffffff")


def logo_image() -> str:
    """HTML of the logo for a dark ground."""
    data = base64.b64encode(_white_logo().encode()).decode()
    return f'<img alt="Tidemark" src="data:image/svg+xml;base64,{data}">'


def frame() -> None:
    """The style sheet; once per run, before anything else."""
    st.html(f"<style>{_asset('style.css')}{own_words.style()}</style>")


def logo() -> None:
    """The logo above the menu."""
    st.logo(_white_logo(), size="large", icon_image=_asset("mark.svg"))


def tabs(pages: Sequence[StreamlitPage]) -> None:
    """All pages in a bar below the page, for phones, where the menu is hidden; elsewhere the bar is."""
    with st.bottom, st.container(key="tm-tabs", horizontal=True, gap=None):
        for page in pages:
            st.page_link(page)


def head(title: str, lead: str = "") -> None:
    """A page's title and one sentence on what it is for, both as plain text."""
    st.html(
        f'<header class="tm-head"><h1>{html(title)}</h1>' + (f"<p>{html(lead)}</p>" if lead else "") + "</header>"
    )


def part(title: str) -> None:
    """The heading of a part of a page, as plain text."""
    st.html(f'<h2 class="tm-part">{html(title)}</h2>')


def arrive(page: str) -> None:
    """Remember which page this run shows."""
    st.session_state["is_opening"] = "page" not in st.session_state
    if st.session_state.get("page", page) != page:
        st.session_state["has_moved"] = True
    st.session_state["is_arrival"] = st.session_state.get("page") != page
    st.session_state["page"] = page


def has_just_come() -> bool:
    """Whether this is the first run of the page since the person came to it."""
    return bool(st.session_state.get("is_arrival"))


def is_opening() -> bool:
    """Whether this is the first run since the browser loaded the page, anew or again."""
    return bool(st.session_state.get("is_opening"))


def has_moved() -> bool:
    """Whether the person has gone to another page since the browser loaded the app."""
    return bool(st.session_state.get("has_moved"))


def notice() -> None:
    """Say what the previous step left to say. It stays: a page may run again before it is read."""
    text = st.session_state.get("notice")
    if text:
        st.info(_(text), icon=":material/waves:")


def empty(title: str, body: str, icon: str, *, action: tuple[str, str] | None = None) -> None:
    """A friendly place where nothing is yet; `action` is a button's label and the page it leads to."""
    with st.container(key=f"tm-empty-{icon}", horizontal_alignment="center"):
        st.markdown(f":material/{icon}:", text_alignment="center")
        st.html(f'<div class="tm-empty"><h2>{html(title)}</h2><p>{html(body)}</p></div>')
        if action is not None and st.button(action[0], type="primary", icon=":material/arrow_forward:"):
            st.switch_page(f"app_pages/{action[1]}.py")
