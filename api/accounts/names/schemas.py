"""JSON of names."""

from typing import Annotated

import msgspec

from api.accounts.numbers import NUMBER_DIGITS
from api.shared.fields import PLAIN_TEXT, pattern

NAME_MAX_CHARACTERS = 60

Nickname = Annotated[
    str,
    msgspec.Meta(max_length=NAME_MAX_CHARACTERS, pattern=PLAIN_TEXT, description="Empty takes the name away."),
]
PayeeName = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_MAX_CHARACTERS, pattern=PLAIN_TEXT)]
Number = Annotated[str, msgspec.Meta(pattern=pattern(NUMBER_DIGITS, "must be an account number of ten digits"))]


class NameAccount(msgspec.Struct, forbid_unknown_fields=True):
    nickname: Nickname


class Payee(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody whom the caller pays, by the name that the caller gave."""

    number: Number
    name: PayeeName
