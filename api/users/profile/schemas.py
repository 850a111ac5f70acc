"""What the profile calls take and give."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

# Far above what any field may hold, and too little to keep Unicode normalisation busy.
Text = Annotated[str, msgspec.Meta(max_length=1000)]
PhotoStatus = Literal["missing", "pending", "approved", "rejected"]


class CreateUser(msgspec.Struct, forbid_unknown_fields=True):
    """A new user. `password`: at least 12 characters; `phone` with its country."""

    name: Text
    email: Text
    phone: Text
    password: Text


class UpdateUser(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change, and the current password."""

    current_password: Text
    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    new_password: Text | None = None


class DeleteUser(msgspec.Struct, forbid_unknown_fields=True):
    """Deleting cannot be undone, so it needs the current password."""

    current_password: Text


class User(msgspec.Struct):
    """A user as they see themself."""

    user_id: UUID
    name: str
    email: str
    phone: str
    approved: bool
    photo_status: PhotoStatus
    photo_reason: str | None
    roles: list[str]
    created_at: datetime
