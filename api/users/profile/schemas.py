"""What the profile calls take and give."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from api.shared.fields import PLAIN_TEXT, pattern
from api.users.passwords.policy import LONGEST, SHORTEST
from api.users.profile.validation import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PHONE

# What is only compared: far above what any field may hold, and too little to keep Unicode normalisation busy.
Text = Annotated[str, msgspec.Meta(max_length=1000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME, pattern=PLAIN_TEXT)]
Email = Annotated[
    str,
    msgspec.Meta(
        max_length=LONGEST_EMAIL,
        pattern=pattern(r"[^\x00-\x1f@]+@[^\x00-\x1f@]+\.[^\x00-\x1f@]+", "is not an email address"),
    ),
]
Phone = Annotated[
    str,
    msgspec.Meta(
        max_length=LONGEST_PHONE,
        pattern=pattern(
            r" *[+＋][0-9０-９ \u00a0().\u2010-\u2015/-]{6,}",
            "is not a phone number with its country, such as +49 151 12345678",
        ),
        description="With its country, such as +49 151 12345678.",
    ),
]
NewPassword = Annotated[str, msgspec.Meta(min_length=SHORTEST, max_length=LONGEST)]
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
