"""What the calls about sessions and tokens take and give."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from api.shared.fields import PLAIN_TEXT
from api.users.fields import Text


class Login(msgspec.Struct, forbid_unknown_fields=True):
    """Credentials."""

    email: Text
    password: Text


class AccessToken(msgspec.Struct):
    """A bearer token and the seconds until it expires (RFC 6749)."""

    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105


class Session(msgspec.Struct):
    """A place where the user is signed in; `current` is the one that asks."""

    session_id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


class CreateToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token for a program: what it is called in the list, and for how long it is good."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=PLAIN_TEXT)]
    expires_in_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 90


class ProgramToken(msgspec.Struct, kw_only=True):
    """A program's token, without what it can sign in with."""

    token_id: UUID
    name: str
    scope: Literal["stats:read"] = "stats:read"
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class NewProgramToken(ProgramToken, kw_only=True):
    """The only time that `access_token` is shown."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
