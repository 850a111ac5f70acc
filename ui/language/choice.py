"""Which language somebody reads, and by which locale: what they chose here, else what their browser asks for."""

from collections.abc import Iterator
from functools import cache

import streamlit as st
from babel import Locale, UnknownLocaleError

from ui.settings import settings

COOKIE_NAME = "tidemark_language"
# By language: what it calls itself, and the locale of whoever names no country.
LANGUAGES = {"en": "English", "de": "Deutsch"}
_HOME = {"en": "en_GB", "de": "de_DE"}
_STATE = "locale"


@cache
def _parsed(identifier: str) -> Locale:
    return Locale.parse(identifier)


def locale() -> Locale:
    """The locale of the person at this page."""
    held: str | None = st.session_state.get(_STATE)
    if held is None:
        held = negotiate(_asked_for(), st.context.cookies.get(settings().cookie(COOKIE_NAME)))
        st.session_state[_STATE] = held
    return _parsed(held)


def choose(language: str) -> None:
    """From now on this language, with the country that the browser names for it."""
    st.session_state[_STATE] = negotiate(_asked_for(), language)


def start_anew() -> None:
    """Forget everything that this page remembers but the language."""
    held = locale()
    st.session_state.clear()
    st.session_state[_STATE] = str(held)


def _asked_for() -> str:
    """What the browser asks for, the language of its menus first; in the form of an `Accept-Language` header."""
    return f"{st.context.locale or ''},{st.context.headers.get('Accept-Language', '')}"


def negotiate(accepted: str, chosen: str | None) -> str:
    """The locale for an `Accept-Language` header and a language chosen before, if it is one of ours."""
    languages = [chosen] if chosen in LANGUAGES else list(LANGUAGES)
    for found in _wanted(accepted):
        if found.language in languages:
            return str(found) if found.territory else _HOME[found.language]
    return _HOME[languages[0] or "en"]


def _wanted(accepted: str) -> Iterator[Locale]:
    """The locales that the header names, best first; what is no locale is left out."""
    weighed: list[tuple[float, Locale]] = []
    for part in accepted.split(","):
        tag, _, quality = part.partition(";q=")
        try:
            weighed.append((float(quality or 1), Locale.parse(tag.strip(), sep="-")))
        except (ValueError, UnknownLocaleError):
            continue
    for weight, found in sorted(weighed, key=lambda item: -item[0]):
        if weight > 0:
            yield found
