"""Fields that calls of this service have in common, with their limits."""

from typing import Annotated

import msgspec

from api.shared.fields import PLAIN_TEXT, pattern
from api.users.passwords.policy import LONGEST, SHORTEST
from api.users.validation import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PHONE

# What is only compared: far above what any field may hold, and too little to keep Unicode normalisation busy.
_NO_NUL = pattern(r"[^\x00]*", "must not hold the NUL character")
Text = Annotated[str, msgspec.Meta(max_length=1000, pattern=_NO_NUL)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME, pattern=PLAIN_TEXT)]
Email = Annotated[
    str,
    msgspec.Meta(
        max_length=LONGEST_EMAIL,
        pattern=pattern(r"[^\x00-\x1f@]+@[^\x00-\x1f@]+\.[^\x00-\x1f@]+", "is not an email address"),
    ),
]
Phone = Annotated[
    str,
    msgspec.Meta(
        max_length=LONGEST_PHONE,
        pattern=pattern(
            r" *[+＋][0-9０-９ \u00a0().\u2010-\u2015/-]{6,}",
            "is not a phone number with its country, such as +49 151 12345678",
        ),
        description="With its country, such as +49 151 12345678.",
    ),
]
NewPassword = Annotated[str, msgspec.Meta(min_length=SHORTEST, max_length=LONGEST, pattern=_NO_NUL)]
