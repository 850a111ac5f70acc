"""Fields that calls of this service have in common, with their limits."""

from typing import Annotated

import msgspec

from api.shared.fields import PLAIN_TEXT, pattern
from api.users.passwords.policy import PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS
from api.users.validation import EMAIL_MAX_CHARACTERS, NAME_MAX_CHARACTERS, PHONE_MAX_CHARACTERS

# What is only compared: far above what any field may hold, and too little to keep Unicode normalisation busy.
_NO_NUL = pattern(r"[^\x00]*", "must not hold the NUL character")
Text = Annotated[str, msgspec.Meta(max_length=1000, pattern=_NO_NUL)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_MAX_CHARACTERS, pattern=PLAIN_TEXT)]
Email = Annotated[
    str,
    msgspec.Meta(
        max_length=EMAIL_MAX_CHARACTERS,
        pattern=pattern(r"[^\x00-\x1f@]+@[^\x00-\x1f@]+\.[^\x00-\x1f@]+", "is not an email address"),
    ),
]
Phone = Annotated[
    str,
    msgspec.Meta(
        max_length=PHONE_MAX_CHARACTERS,
        pattern=pattern(
            r" *[+＋][0-9０-９ \u00a0().\u2010-\u2015/-]{6,}",
            "is not a phone number with its country, such as +49 151 12345678",
        ),
        description="With its country, such as +49 151 12345678.",
    ),
]
NewPassword = Annotated[
    str, msgspec.Meta(min_length=PASSWORD_MIN_CHARACTERS, max_length=PASSWORD_MAX_CHARACTERS, pattern=_NO_NUL)
]
