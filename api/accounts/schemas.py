"""The service's JSON. Amounts are integers in minor units, times RFC 3339 UTC, ids UUIDs."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from api.accounts.models import Mode
from api.accounts.numbers import NUMBER_DIGITS
from api.shared.fields import (
    AMOUNT_MAX_MINOR,
    MEMO_MAX_CHARACTERS,
    PLAIN_TEXT,
    UUID_TEXT,
    Amount,
    CurrencyCode,
    Memo,
    pattern,
)

TRANSFERS_MAX = 1000

Side = Annotated[
    str,
    msgspec.Meta(
        pattern=pattern(
            f"({NUMBER_DIGITS}|{UUID_TEXT})", "must be an account id or an account number of ten digits"
        ),
        description="An account id, or an account number of ten digits.",
    ),
]
External = Literal["external:cash", "external:card", "external:wire", "external:cheque"]
AccountType = Literal["checking", "savings"]


class CreateAccount(msgspec.Struct, forbid_unknown_fields=True):
    type: AccountType
    currency: CurrencyCode


class OfferedCurrency(msgspec.Struct):
    """`minor_units`: decimals of an amount (ISO 4217). `is_active`: not withdrawn. `is_offered`: accounts can be
    opened in it here."""

    code: str
    name: str
    minor_units: int
    is_active: bool
    is_offered: bool


class Currencies(msgspec.Struct):
    """All currencies that an account may have, those on offer first, and the limits of what calls take."""

    items: list[OfferedCurrency]
    account_types: list[str]
    amount_min_minor: int
    amount_max_minor: int
    memo_max_characters: int
    transfers_max: int


class Account(msgspec.Struct):
    """`total` is the balance; `is_joint`: several users own it; `nickname`: the caller's name for it, or ""."""

    account_id: UUID
    number: str
    type: str
    currency: str
    total: int
    approved: bool
    overdraft_limit: int
    opened_at: datetime
    closed_at: datetime | None
    is_joint: bool
    nickname: str


class HeldAccount(msgspec.Struct):
    """An account whose balance is not zero."""

    account_id: UUID
    number: str
    currency: str
    total: int


class FoundAccount(Account):
    """An account as staff see it."""

    owners: list[UUID]


class SetOverdraft(msgspec.Struct, forbid_unknown_fields=True):
    """How far an account may be overdrawn, in minor units, and why."""

    overdraft_limit: Annotated[
        int, msgspec.Meta(ge=0, le=AMOUNT_MAX_MINOR, description="Minor units, as of cents.")
    ]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MEMO_MAX_CHARACTERS, pattern=PLAIN_TEXT)]


class OverdraftChange(msgspec.Struct):
    """Who set an account's limit, when, from what to what and why."""

    id: UUID
    limit_before: int
    limit_after: int
    reason: str
    changed_by: UUID
    changed_at: datetime


class ApprovedAccounts(msgspec.Struct):
    approved: int


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


class PostedMovement(msgspec.Struct, rename={"source": "from", "destination": "to"}):
    """A posted movement; `balance_after` is that of the caller's side, `memo` is empty when there is none."""

    transfer_id: UUID
    kind: str
    source: str
    destination: str
    amount: int
    currency: str
    memo: str
    time: datetime
    balance_after: int


class PostedTransfer(PostedMovement, tag_field="status", tag="posted"):
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
    """A line of an account's statement; `amount` is signed.

    Of the other side it tells the account's number, which both sides may know, and the name that the caller keeps
    for that number (`PUT /account/payee`), and never whose it is.
    A reversal and what it reversed name each other's transfer and its time. `memo` is empty when there is none.
    """

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
    kind: Literal["deposit", "withdrawal", "transfer", "reversal", "imported"]
    counterparty_number: str | None
    counterparty_name: str | None
    reverses_id: UUID | None
    reverses_time: datetime | None
    reversed_by_id: UUID | None
    reversed_by_time: datetime | None
