"""What the profile calls take and give."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

PhotoStatus = Literal["missing", "pending", "approved", "rejected"]


class CreateUser(msgspec.Struct, forbid_unknown_fields=True):
    """A new user. `password`: at least 12 characters; `phone` with its country."""

    name: str
    email: str
    phone: str
    password: str


class UpdateUser(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change, and the current password."""

    current_password: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    new_password: str | None = None


class DeleteUser(msgspec.Struct, forbid_unknown_fields=True):
    """Deleting cannot be undone, so it needs the current password."""

    current_password: str


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
