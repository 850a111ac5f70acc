"""What the calls about photos and reviews take and give."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from api.shared.fields import PLAIN_TEXT
from api.users.profile.schemas import PhotoStatus


class PhotoState(msgspec.Struct):
    """Where the user's photo stands."""

    user_id: UUID
    photo_status: PhotoStatus
    photo_reason: str | None
    submitted_at: datetime | None


class ReviewItem(msgspec.Struct):
    """A user who waits for staff's decision; `approved` when only the accounts have still to hear of it."""

    user_id: UUID
    name: str
    email: str
    phone: str
    photo_status: PhotoStatus
    submitted_at: datetime | None


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """What staff decides about a photo; rejecting needs a reason, which the user reads."""

    decision: Literal["approve", "reject"]
    reason: Annotated[str, msgspec.Meta(max_length=500, pattern=PLAIN_TEXT)] | None = None


class Reviewed(msgspec.Struct):
    """What was decided, by whom and when."""

    user_id: UUID
    photo_status: PhotoStatus
    photo_reason: str | None
    approved: bool
    decided_by: UUID
    decided_at: datetime
