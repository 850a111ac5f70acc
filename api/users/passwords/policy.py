"""Which passwords are acceptable: long ones that are not among the first that a guesser tries.

No rule about kinds of characters (NIST SP 800-63B): length, and a comparison with common passwords, with what is
known of the user, and with runs and repetitions.
"""

import gzip
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from api.shared.errors import ValueRefused

PASSWORD_MIN_CHARACTERS = 12
PASSWORD_MAX_CHARACTERS = 256
DISTINCT_MIN_CHARACTERS = 5
# What must remain of a password when the user's name, email and the bank's name are taken out of it.
OWN_MIN_CHARACTERS = 8
BESIDE_RUNS_MIN_CHARACTERS = 4
RUN_MIN_CHARACTERS = 4

_COMMON_FILE = Path(__file__).with_name("common.txt.gz")
_LEET = str.maketrans("013457@$!", "oieastasi")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "012345678901234567890",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
)
_RUNS = _ROWS + tuple(row[::-1] for row in _ROWS)


def check_password(password: str, about: Iterable[str], *, field: str = "password") -> None:
    """Raises ValueRefused with the reason when the password is not acceptable.

    `about` is what a stranger may know of the user: name, email, phone.
    """
    plain = unicodedata.normalize("NFKC", password).casefold()
    if not PASSWORD_MIN_CHARACTERS <= len(plain) <= PASSWORD_MAX_CHARACTERS:
        raise ValueRefused(field, f"use {PASSWORD_MIN_CHARACTERS} to {PASSWORD_MAX_CHARACTERS} characters")
    if len(set(plain)) < DISTINCT_MIN_CHARACTERS or len(_repeated(plain)) < PASSWORD_MIN_CHARACTERS // 2:
        raise ValueRefused(field, "it repeats the same few characters")
    if len(_without_runs(plain)) < BESIDE_RUNS_MIN_CHARACTERS:
        raise ValueRefused(field, "it is a row of the keyboard or alphabet")
    if _is_common(plain):
        raise ValueRefused(field, "it is one of the passwords that are tried first")
    if _own_part(plain, about) < OWN_MIN_CHARACTERS:
        raise ValueRefused(field, "it is mostly your name, email or phone, or the bank's name")


def _repeated(plain: str) -> str:
    """The shortest text that gives `plain` when repeated (the last time perhaps cut off)."""
    for length in range(1, len(plain) // 2 + 1):
        if (plain[:length] * (len(plain) // length + 1))[: len(plain)] == plain:
            return plain[:length]
    return plain


def _without_runs(plain: str) -> str:
    """What remains when runs of neighbouring keys or letters are taken out."""
    rest, start = "", 0
    while start < len(plain):
        end = start + RUN_MIN_CHARACTERS
        while end <= len(plain) and any(plain[start:end] in run for run in _RUNS):
            end += 1
        if end == start + RUN_MIN_CHARACTERS:
            rest, start = rest + plain[start], start + 1
        else:
            start = end - 1
    return rest


def _is_common(plain: str) -> bool:
    ends = "0123456789 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    candidates = {plain, plain.strip(ends), _repeated(plain).strip(ends)}
    candidates |= {candidate.translate(_LEET) for candidate in candidates}
    return not candidates.isdisjoint(_common())


def _own_part(plain: str, about: Iterable[str]) -> int:
    words = {"tidemark"}
    for text in about:
        known = unicodedata.normalize("NFKC", text).casefold()
        words |= {known, *"".join(char if char.isalnum() else " " for char in known).split()}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= 3:
            plain = plain.replace(word, "")
    return len(plain)


@cache
def _common() -> frozenset[str]:
    with gzip.open(_COMMON_FILE, "rt", encoding="utf-8") as file:
        return frozenset(line.rstrip("\n") for line in file if not line.startswith("#"))
