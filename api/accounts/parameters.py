"""Query parameters of the calls, and what is refused about them."""

from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from api.accounts.numbers import NUMBER_DIGITS, is_account_number
from api.shared.errors import ValueRefused
from api.shared.ranges import DATE_TIME

Moment = Annotated[
    str | None,
    QueryParameter(
        name="at",
        description="RFC 3339: give the balance as it was at that moment.",
        schema_extra=DATE_TIME,
    ),
]
Number = Annotated[str | None, QueryParameter(pattern=f"^{NUMBER_DIGITS}$", description="An account number.")]
UserId = Annotated[UUID | None, QueryParameter(description="An owner.")]
Approved = Annotated[bool | None, QueryParameter(description="false: open accounts that wait for approval.")]


def account_number(value: str | None) -> str | None:
    """Raises ValueRefused for a number whose check digit is wrong."""
    if value is not None and not is_account_number(value):
        raise ValueRefused("number", "is not a valid account number")
    return value
