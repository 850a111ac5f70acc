"""The service's JSON. Amounts are integers in minor units, times RFC 3339 UTC, ids UUIDs."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from api.accounts.models import Mode

AMOUNT_MAX = 10**12
TRANSFERS_MAX = 1000

Amount = Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX, description="Minor units, as of cents.")]
Memo = Annotated[str, msgspec.Meta(max_length=140)]
Side = Annotated[
    str,
    msgspec.Meta(min_length=10, max_length=36, description="An account id, or an account number of ten digits."),
]
External = Literal["external:cash", "external:card", "external:wire", "external:cheque"]


class CreateAccount(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["checking", "savings"]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", description="ISO 4217.")]


class Account(msgspec.Struct):
    """`total` is the balance."""

    account_id: UUID
    number: str
    type: str
    currency: str
    total: int
    approved: bool
    overdraft_limit: int
    opened_at: datetime
    closed_at: datetime | None


class FoundAccount(Account):
    """An account as staff see it."""

    owners: list[UUID]


class ApprovedAccounts(msgspec.Struct):
    approved: int


class AddOwner(msgspec.Struct, forbid_unknown_fields=True):
    user_id: UUID


class Owner(msgspec.Struct):
    user_id: UUID
    added_at: datetime


class Owners(msgspec.Struct):
    items: list[Owner]


class Deposit(msgspec.Struct, forbid_unknown_fields=True):
    amount: Amount
    source: External = "external:cash"
    memo: Memo = ""


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True):
    amount: Amount
    destination: External = "external:cash"
    memo: Memo = ""


class Transfer(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from", "destination": "to"}):
    source: Side
    destination: Side
    amount: Amount
    memo: Memo = ""


class Transfers(msgspec.Struct, forbid_unknown_fields=True):
    mode: Mode
    transfers: Annotated[list[Transfer], msgspec.Meta(min_length=1, max_length=TRANSFERS_MAX)]


class Reversal(msgspec.Struct, forbid_unknown_fields=True):
    memo: Memo = ""


class Movement(msgspec.Struct, rename={"source": "from", "destination": "to"}):
    """A posted movement; `balance_after` is that of the caller's side."""

    transfer_id: UUID
    kind: str
    source: str
    destination: str
    amount: int
    currency: str
    memo: str
    time: datetime
    balance_after: int


class PostedTransfer(Movement, tag_field="status", tag="posted"):
    """One of several transfers, posted."""


class RefusedTransfer(msgspec.Struct, tag_field="status", tag="refused"):
    """One of several transfers, refused."""

    code: str
    detail: str


TransferOutcome = PostedTransfer | RefusedTransfer


class TransferOutcomes(msgspec.Struct):
    """In the order of the request."""

    items: list[TransferOutcome]


class Transaction(msgspec.Struct, rename={"source": "from", "destination": "to"}):
    """A line of an account's statement; `amount` is signed."""

    id: UUID
    transfer_id: UUID
    account_id: UUID
    source: str
    destination: str
    amount: int
    balance_after: int
    sequence: int
    time: datetime
    memo: str
