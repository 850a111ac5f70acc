"""JSON of joint accounts."""

from datetime import datetime
from uuid import UUID

import msgspec


class AddOwner(msgspec.Struct, forbid_unknown_fields=True):
    user_id: UUID


class Owner(msgspec.Struct):
    user_id: UUID
    added_at: datetime


class Invitation(msgspec.Struct):
    """Someone who may accept until `expires_at`, and owns nothing before."""

    user_id: UUID
    invited_by: UUID
    invited_at: datetime
    expires_at: datetime


class Owners(msgspec.Struct):
    items: list[Owner]
    invitations: list[Invitation]


class ReceivedInvitation(msgspec.Struct):
    """What an invited user sees of the account before they accept."""

    account_id: UUID
    number: str
    type: str
    currency: str
    invited_by: UUID
    invited_at: datetime
    expires_at: datetime
