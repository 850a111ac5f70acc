"""One-time codes by which a user sets a new password. They are read out and typed, and kept as digests alone."""

import hashlib
import secrets
from uuid import UUID

# Crockford's base 32, without letters that look like others: 24 of them are 120 random bits, which nobody guesses.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS, GROUP = 24, 4
_AS_MEANT = str.maketrans("OIL", "011", " -")


def new_code() -> str:
    """A new code, such as 7QK2-…: six groups of four."""
    characters = "".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS))
    return "-".join(characters[at : at + GROUP] for at in range(0, CHARACTERS, GROUP))


def code_digest(user_id: UUID, code: str) -> bytes:
    """What is kept of a user's code, however it is typed: SHA-256 does for 120 random bits."""
    return hashlib.sha256(f"reset-code\0{user_id}\0{code.upper().translate(_AS_MEANT)}".encode()).digest()
