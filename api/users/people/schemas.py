"""What the calls about people take and give."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from api.users.fields import Email, Name, Phone
from api.users.profile.schemas import PhotoStatus


class FindPeople(msgspec.Struct, forbid_unknown_fields=True):
    """One of the three. In a body and not in the address, which ends in logs."""

    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None


class FoundPerson(msgspec.Struct):
    """A user as staff see them."""

    user_id: UUID
    name: str
    email: str
    phone: str
    approved: bool
    photo_status: PhotoStatus
    roles: list[str]
    created_at: datetime


class PastDecision(msgspec.Struct):
    """How a photo of theirs was reviewed, and by whom."""

    decision: Literal["approve", "reject"]
    reason: str | None
    decided_by: UUID
    decided_at: datetime


class PersonRecord(FoundPerson):
    """The same with how their photos were reviewed, newest first."""

    photo_reason: str | None
    decisions: list[PastDecision]
