"""What the service answers: events by the names of CloudEvents 1.0 (cloudevents.io), and what each type tells."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

Source = Literal["/account", "/user", "/stats"]


class Event(msgspec.Struct, kw_only=True):
    """Something that happened. `source` and `id` name it for good; an event that comes again has the same.

    `subject`: the account, the user or the run that it is about. `data` is what the type tells, see `webhooks`.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Source
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]


class Events(msgspec.Struct):
    """One page. `next_cursor` is always there: `after` of the next call, which is due at once if `has_more`."""

    items: list[Event]
    next_cursor: str
    has_more: bool


class Transfer(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from", "destination": "to"}):
    """One account's side of a movement. `amount` is signed, `reverses` the transfer that a reversal takes back."""

    transfer_id: UUID
    kind: Literal["deposit", "withdrawal", "transfer", "reversal", "imported"]
    source: str
    destination: str
    amount: Annotated[int, msgspec.Meta(description="Minor units; negative when money leaves the account.")]
    currency: str
    balance_after: int
    sequence: Annotated[int, msgspec.Meta(ge=1, description="Of the account's movements, without a gap.")]
    reverses: UUID | None


class OpenedAccount(msgspec.Struct, forbid_unknown_fields=True):
    """What kind of account it is."""

    type: Literal["checking", "savings"]
    currency: str


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """The type says it all."""


class Owner(msgspec.Struct, forbid_unknown_fields=True):
    """Who owns the account from now on, or does no more."""

    user_id: UUID


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """Which photo was decided on; GET /user/me has the reason."""

    photo_version: Annotated[int, msgspec.Meta(ge=1)]


class Publication(msgspec.Struct, forbid_unknown_fields=True):
    """All figures are complete through this moment, cut by this time zone; the run proved them."""

    run_id: str
    complete_through: datetime
    time_zone: str
