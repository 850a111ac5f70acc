"""Texts by their English: gettext's functions, with placeholders by name."""

import gettext
import re
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ui.language.choice import locale

FOLDER = Path(__file__).parent


def read_catalogue(language: str) -> Catalog:
    """The texts of a language as its file holds them."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@cache
def _translations(language: str) -> gettext.NullTranslations:
    if not (FOLDER / f"{language}.po").exists():
        # English is what the code says.
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _filled(text: str, values: dict[str, object]) -> str:
    return text.format_map(values) if values else text


def _(message: str, /, **values: object) -> str:
    """The text in the person's language; `{name}` stands for the value of that name."""
    return _filled(_translations(locale().language).gettext(message), values)


def _n(singular: str, plural: str, count: int, /, **values: object) -> str:
    """As `_`, by the language's rule for `count`, which `{count}` stands for unless `values` have their own."""
    text = _translations(locale().language).ngettext(singular, plural, count)
    return _filled(text, {"count": count, **values})


def _p(context: str, message: str, /, **values: object) -> str:
    """As `_`, for a word that means several things in English: `context` says which."""
    return _filled(_translations(locale().language).pgettext(context, message), values)


def translated(text: str, known: Iterable[str]) -> str:
    """What another part of the bank says in English, by the one of the `known` texts that it was made of.

    `{name}` in those stands for what differs. As it is where it was made of none of them.
    """
    for message in known:
        if match := _pattern(message).fullmatch(text):
            return _(message, **match.groupdict())
    return text


@cache
def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(message)))


def N_(message: str) -> str:  # noqa: N802 (the name gettext's users know)
    """Marks the text of a constant for the catalogue; shown by `_` later."""
    return message
