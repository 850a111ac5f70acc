"""What the service works with: sides of a movement, the movements to post, what became of them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from api.accounts.errors import NotAnAccount
from api.accounts.numbers import LENGTH, is_account_number


class Mode(StrEnum):
    """What one refusal does to the other movements of the same call."""

    ALL_OR_NOTHING = "all_or_nothing"
    ONE_BY_ONE = "one_by_one"


@dataclass(frozen=True)
class Movement:
    """One movement to post. A side is an account's id, its number, or `external:<name>`."""

    source: str
    destination: str
    amount_minor: int
    memo: str


@dataclass(frozen=True)
class IdempotencyKey:
    """The caller's key and the digest of what they asked under it."""

    key: str
    digest: bytes


class Outcome(msgspec.Struct, rename={"source": "from", "destination": "to"}):
    """What became of a movement: `posted`, or `refused` with a code. As the database answers."""

    status: str
    code: str | None = None
    transfer_id: UUID | None = None
    kind: str = ""
    source: str = ""
    destination: str = ""
    amount: int = 0
    currency: str = ""
    memo: str = ""
    time: datetime | None = None
    balance_after: int = 0


@dataclass(frozen=True)
class SearchQuery:
    """What staff look for; None matches all."""

    number: str | None = None
    user_id: UUID | None = None
    approved: bool | None = None
    after: UUID | None = None
    limit: int = field(default=50)


def account_side(text: str, field_name: str) -> str:
    """An account's id in canonical form, or its number. Raises NotAnAccount naming the field."""
    if len(text) == LENGTH:
        if is_account_number(text):
            return text
        raise NotAnAccount(field_name)
    try:
        return str(UUID(text))
    except ValueError:
        raise NotAnAccount(field_name) from None
