"""Choosing the language, and having the browser keep the choice."""

import streamlit as st

from ui.language import LANGUAGES, _, choice
from ui.settings import settings

# The page's language is what screen readers speak by.
_CODE = """
export default function ({ data }) {
  const { language, cookie } = data
  document.documentElement.lang = language
  if (cookie) document.cookie = cookie
}
"""
_KEEP_S = 365 * 24 * 3600
_CHOSEN = "language_chosen"

_teller = st.components.v2.component("tidemark_language", html="<i hidden></i>", js=_CODE)


def tell_the_browser() -> None:
    """The language of this page, and the choice for the next visit once there was one."""
    language = choice.locale().language
    cookie = ""
    if st.session_state.get(_CHOSEN) == language:
        secure = "; Secure" if settings().is_https else ""
        name = settings().cookie(choice.COOKIE_NAME)
        cookie = f"{name}={language}; Max-Age={_KEEP_S}; Path=/; SameSite=Strict{secure}"
    with st.container(key="tm-session-language", height=1):
        _teller(key="language_teller", data={"language": language, "cookie": cookie}, height=1)


def switch(key: str) -> None:
    """One of the languages; the page is drawn in it at once."""
    st.session_state[key] = choice.locale().language
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=lambda name: LANGUAGES[name],
        required=True,
        key=key,
        on_change=_choose,
        args=(key,),
        label_visibility="collapsed",
    )


def _choose(key: str) -> None:
    # None when the same click signed the person out, which forgets what the page held.
    if language := st.session_state.get(key):
        choice.choose(language)
        st.session_state[_CHOSEN] = language
