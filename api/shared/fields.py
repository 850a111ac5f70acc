"""Fields that calls have in common, each with its limits: the same in every service and OpenAPI document."""

import re
from typing import Annotated

import msgspec

AMOUNT_MIN_MINOR = 1
AMOUNT_MAX_MINOR = 10**12
MEMO_MAX_CHARACTERS = 140

_IN_WORDS: dict[str, str] = {}
_LENGTH = re.compile(r"Expected `str` of length (>=|<=) (\d+)")


def pattern(regex: str, words: str) -> str:
    """A pattern that Python and JSON Schema read alike; `words` tell a caller whose value does not match."""
    # Python's `$` would also match before a line end.
    whole = f"^{regex}$(?!\\n)"
    _IN_WORDS[whole] = words
    return whole


def in_words(message: str) -> str:
    """A message of msgspec in words for people: what its pattern means, how long a text may be."""
    for whole, words in _IN_WORDS.items():
        if whole in message or repr(whole) in message:
            return words
    if length := _LENGTH.match(message):
        return f"use at {'least' if length[1] == '>=' else 'most'} {length[2]} characters"
    return message


# One rule for all text that one person writes and another reads. Refused: control characters and line ends; marks
# that turn the direction of writing; invisible ones (but the joiners, which belong to the spelling of several
# scripts and to emoji); private use and what is no character at all.
NOT_TEXT = (
    r"\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f\U000f0000-\U0010ffff"
)
PLAIN_TEXT = pattern(f"[^{NOT_TEXT}]*", "must not hold control or invisible characters")

UUID_TEXT = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"

Amount = Annotated[
    int, msgspec.Meta(ge=AMOUNT_MIN_MINOR, le=AMOUNT_MAX_MINOR, description="Minor units, as of cents.")
]
Memo = Annotated[str, msgspec.Meta(max_length=MEMO_MAX_CHARACTERS, pattern=PLAIN_TEXT)]
CURRENCY_CODE = pattern("[A-Z]{3}", "must be a currency code of three capital letters, such as EUR")
CurrencyCode = Annotated[str, msgspec.Meta(pattern=CURRENCY_CODE, description="ISO 4217.")]
