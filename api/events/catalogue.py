"""Every type of event: what it tells, who may know of it, and how it stands in the documentation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from api.events import schemas
from api.events.schemas import Event, Source

# Who may know of an event: whoever may read the account's statistics, programs included; its owners, and staff who
# see accounts; nobody but the user; everybody who is signed in.
Audience = Literal["statistics", "account", "user", "everybody"]
ID = "01938f5c-7d3a-7c41-9a5e-3f1b2c4d5e6f"
TIME = "2026-11-27T09:30:00.123456Z"


@dataclass(frozen=True)
class EventType:
    """One type; `example` is the data of one such event."""

    name: str
    source: Source
    audience: Audience
    meaning: str
    data: type[msgspec.Struct]
    example: Mapping[str, Any]


_DEPOSIT = {
    "transfer_id": ID,
    "kind": "deposit",
    "from": "external:cash",
    "to": ID,
    "amount": 25_000,
    "currency": "EUR",
    "balance_after": 125_000,
    "sequence": 7,
    "reverses": None,
}
_REVERSAL = _DEPOSIT | {
    "kind": "reversal",
    "from": ID,
    "to": "external:cash",
    "amount": -25_000,
    "balance_after": 100_000,
    "sequence": 8,
    "reverses": ID,
}
_PUBLICATION = {"run_id": ID, "complete_through": TIME, "time_zone": "Europe/Prague"}

EVENT_TYPES: Mapping[str, EventType] = {
    each.name: each
    for each in (
        EventType(
            "transfer.posted",
            "/account",
            "statistics",
            "Money came to the account or left it: an event for each account that the movement touches.",
            schemas.Transfer,
            _DEPOSIT,
        ),
        EventType(
            "transfer.reversed",
            "/account",
            "statistics",
            "A movement was taken back by another, which this is; there is no `transfer.posted` besides.",
            schemas.Transfer,
            _REVERSAL,
        ),
        EventType(
            "account.opened",
            "/account",
            "statistics",
            "The account was opened, or came with an import.",
            schemas.OpenedAccount,
            {"type": "checking", "currency": "EUR"},
        ),
        EventType(
            "account.approved", "/account", "account", "The account may move money now.", schemas.Nothing, {}
        ),
        EventType("account.closed", "/account", "statistics", "The account was closed.", schemas.Nothing, {}),
        EventType(
            "owner.added", "/account", "account", "Somebody owns the account too.", schemas.Owner, {"user_id": ID}
        ),
        EventType(
            "owner.removed",
            "/account",
            "account",
            "Somebody owns the account no more; they themselves can't see its events any longer.",
            schemas.Owner,
            {"user_id": ID},
        ),
        EventType(
            "user.approved",
            "/user",
            "user",
            "The user's identity was approved.",
            schemas.Decision,
            {"photo_version": 1},
        ),
        EventType(
            "user.rejected",
            "/user",
            "user",
            "The user's photo was rejected; a better one may be sent.",
            schemas.Decision,
            {"photo_version": 1},
        ),
        EventType(
            "publication.published",
            "/stats",
            "everybody",
            "A run of the pipeline proved the statistics and published them. Between runs `complete_through` goes"
            " on without an event, see GET /stats/status.",
            schemas.Publication,
            _PUBLICATION,
        ),
    )
}


def webhooks() -> dict[str, Any]:
    """OpenAPI's `webhooks`: each type as the event that tells of it. They are read, not delivered, so far."""
    return {name: {"post": _operation(each)} for name, each in EVENT_TYPES.items()}


def _operation(each: EventType) -> dict[str, Any]:
    event = Event(
        id=ID,
        source=each.source,
        type=each.name,
        subject=ID,
        time=msgspec.convert(TIME, Event.__annotations__["time"]),
        data=dict(each.example),
    )
    own = {"type": {"const": each.name}, "source": {"const": each.source}, "data": _schema(each.data)}
    return {
        "summary": each.name,
        "description": each.meaning,
        "tags": ["events"],
        "requestBody": {
            "content": {
                "application/cloudevents+json": {
                    "schema": {"allOf": [{"$ref": "#/components/schemas/Event"}, {"properties": own}]},
                    "example": msgspec.to_builtins(event),
                }
            }
        },
        "responses": {"2XX": {"description": "Taken."}},
    }


def _schema(data: type[msgspec.Struct]) -> dict[str, Any]:
    return msgspec.json.schema_components((data,))[1][data.__name__]
