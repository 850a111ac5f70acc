"""Query parameters of the statement, and what is refused about them."""

from typing import Annotated

from litestar.params import QueryParameter

from api.accounts.numbers import NUMBER_DIGITS, is_account_number
from api.accounts.statement.models import Direction, Filter
from api.shared.errors import ValueRefused
from api.shared.fields import AMOUNT_MIN_MINOR, MEMO_MAX_CHARACTERS, PLAIN_TEXT
from api.shared.ranges import DATE_TIME

# What a balance may hold: an imported movement can be larger than one that is posted.
_AMOUNT_MAX_MINOR = 2**53 - 1

From = Annotated[
    str | None, QueryParameter(name="from", description="RFC 3339: from this moment on.", schema_extra=DATE_TIME)
]
To = Annotated[
    str | None, QueryParameter(name="to", description="RFC 3339: before this moment.", schema_extra=DATE_TIME)
]
OnlyDirection = Annotated[
    Direction | None, QueryParameter(name="direction", description="Only what came in, or what went out.")
]
AmountMin = Annotated[
    int | None,
    QueryParameter(
        ge=AMOUNT_MIN_MINOR, le=_AMOUNT_MAX_MINOR, description="At least this amount, in minor units, in or out."
    ),
]
AmountMax = Annotated[
    int | None,
    QueryParameter(
        ge=AMOUNT_MIN_MINOR, le=_AMOUNT_MAX_MINOR, description="At most this amount, in minor units, in or out."
    ),
]
Counterparty = Annotated[
    str | None,
    QueryParameter(
        pattern=f"^({NUMBER_DIGITS}|external:(cash|card|wire|cheque))$",
        description="The other side: an account number, or `external:` with cash, card, wire or cheque.",
    ),
]
Search = Annotated[
    str | None,
    QueryParameter(
        name="q",
        min_length=1,
        max_length=MEMO_MAX_CHARACTERS,
        pattern=PLAIN_TEXT,
        description="Found in the memo or in the name that the caller keeps for the other side, whatever the case,"
        " or the other side's whole account number.",
    ),
]


def statement_filter(
    direction: Direction | None,
    amount_min: int | None,
    amount_max: int | None,
    counterparty: str | None,
    text: str | None,
) -> Filter:
    """Raises ValueRefused for an empty range of amounts, a number whose check digit is wrong, and a blank text."""
    if amount_min is not None and amount_max is not None and amount_max < amount_min:
        raise ValueRefused("amount_max", "must not be below `amount_min`")
    if counterparty is not None and counterparty.isdigit() and not is_account_number(counterparty):
        raise ValueRefused("counterparty", "is not a valid account number")
    wanted = None if text is None else text.strip()
    if wanted == "":
        raise ValueRefused("q", "must not be blank")
    return Filter(direction, amount_min, amount_max, counterparty, wanted)
