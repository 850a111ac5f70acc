"""What the profile calls take and give."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from api.shared.roles import Right
from api.users.fields import Email, Name, NewPassword, Phone, Text

PhotoStatus = Literal["missing", "pending", "approved", "rejected"]


class CreateUser(msgspec.Struct, forbid_unknown_fields=True):
    """A new user."""

    name: Name
    email: Email
    phone: Phone
    password: NewPassword


class UpdateUser(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change; email, phone and password only with the current password."""

    current_password: Text | None = None
    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    new_password: NewPassword | None = None


class DeleteUser(msgspec.Struct, forbid_unknown_fields=True):
    """Deleting cannot be undone, so it needs the current password."""

    current_password: Text


class User(msgspec.Struct):
    """A user as they see themself; `rights` are what their roles let them do.

    `password_expires_at` is set while the password is one that was made up for them: it opens nothing afterwards.
    """

    user_id: UUID
    name: str
    email: str
    phone: str
    approved: bool
    photo_status: PhotoStatus
    photo_reason: str | None
    roles: list[str]
    rights: list[Right]
    created_at: datetime
    password_expires_at: datetime | None
