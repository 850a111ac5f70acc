"""Text that people typed never becomes markup.

Two places take text: our own HTML (`html`) and Streamlit's Markdown (`literal`). Whatever came from a
person or from a service goes through one of them.
"""

import re
from html import escape

from stdnum import damm

_PUNCTUATION = re.compile(r"([!-/;-@\[-`{-~])")


def html(text: str) -> str:
    """For use inside our own HTML, attribute values included."""
    return escape(text, quote=True)


def literal(text: str) -> str:
    """For use inside Streamlit's Markdown: shown exactly as it is.

    Backslashes disarm Markdown, HTML and formulas. Streamlit looks for `:icon:` and `:color[…]` after
    Markdown is read, so an invisible joiner behind each colon keeps it from seeing any.
    """
    flat = " ".join(text.split())
    return _PUNCTUATION.sub(r"\\\1", flat).replace(":", ":\u2060")


def account_number(number: str) -> str:
    """Ten digits in groups that people can read out: "4821 553 906"."""
    return f"{number[:4]} {number[4:7]} {number[7:]}" if len(number) == 10 else number


def typed_number(text: str) -> str | None:
    """The ten digits of an account number as somebody typed it, spaces and dashes dropped; else None."""
    digits = re.sub(r"[\s\-.]", "", text)
    return digits if re.fullmatch(r"\d{10}", digits, re.ASCII) else None


def has_typo(number: str) -> bool:
    """Whether ten digits cannot be an account number, by their check digit (Damm's, as the ledger gives it)."""
    return not damm.is_valid(number)


def capital(text: str) -> str:
    """The beginning of a sentence made of words that stand inside one elsewhere."""
    return text[:1].upper() + text[1:]
