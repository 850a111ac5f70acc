"""SQL for photos' status, the review queue and its records."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.shared.database import AsyncConnection, text
from api.users.profile.repository import COLUMNS, UserRow

_SUBMIT = text("""
    update users.user
    set photo_status = 'pending', photo_version = :version, photo_reason = null, photo_submitted_at = now(),
        decided_by = null, decided_at = null
    where id = :user_id
    returning photo_submitted_at
""")
# In the order of the index user_review_queue, whose condition this repeats.
_QUEUE = text(f"""
    select {COLUMNS}
    from users.user
    where (photo_status = 'pending' or photo_status = 'approved' and accounts_approved_at is null)
        and deleted_at is null
        and (cast(:after_at as timestamptz) is null or (photo_submitted_at, id) > (:after_at, :after_id))
    order by photo_submitted_at, id
    limit :limit
""")
_APPROVE = text("""
    update users.user
    set photo_status = 'approved', approved_at = coalesce(approved_at, now()), photo_reason = null,
        decided_by = :reviewer_id, decided_at = now()
    where id = :user_id
""")
_REJECT = text("""
    update users.user
    set photo_status = 'rejected', photo_reason = :reason, decided_by = :reviewer_id, decided_at = now()
    where id = :user_id
""")
_RECORD = text("""
    insert into users.review_decision (user_id, reviewer_id, photo_version, decision, reason)
    values (:user_id, :reviewer_id, :version, :decision, :reason)
""")
_DECIDED = text("""
    select approved_at is not null as approved, photo_status, photo_reason, decided_by, decided_at
    from users.user where id = :user_id
""")
_ACCOUNTS_APPROVED = text("""
    update users.user set accounts_approved_at = coalesce(accounts_approved_at, now()) where id = :user_id
""")
_VIEW = text("""
    insert into users.photo_view (user_id, reviewer_id, photo_version)
    values (:user_id, :reviewer_id, :version)
""")
_LAST_SEEN = text("""
    select max(photo_version) from users.photo_view where user_id = :user_id and reviewer_id = :reviewer_id
""")


class DecidedRow(msgspec.Struct, frozen=True):
    """How a review ended."""

    approved: bool
    photo_status: Any
    photo_reason: str | None
    decided_by: UUID
    decided_at: datetime


async def submit(connection: AsyncConnection, user_id: UUID, version: int) -> datetime:
    """A photo of this version waits for review from now on."""
    return await connection.value(_SUBMIT, {"user_id": user_id, "version": version})


async def queue(connection: AsyncConnection, after: tuple[datetime, UUID] | None, limit: int) -> list[UserRow]:
    """Who waits, longest first."""
    after_at, after_id = after or (None, None)
    values = {"after_at": after_at, "after_id": after_id, "limit": limit}
    return [UserRow(**row._asdict()) for row in await connection.rows(_QUEUE, values)]


async def decide(
    connection: AsyncConnection, user: UserRow, reviewer_id: UUID, decision: str, reason: str | None
) -> None:
    """Approves or rejects the photo that waits, and keeps a record of it."""
    values = {"user_id": user.id, "reviewer_id": reviewer_id, "reason": reason}
    if decision == "approve":
        await connection.execute(_APPROVE, {"user_id": user.id, "reviewer_id": reviewer_id})
    else:
        await connection.execute(_REJECT, values)
    await connection.execute(_RECORD, {**values, "version": user.photo_version, "decision": decision})


async def decided(connection: AsyncConnection, user_id: UUID) -> DecidedRow:
    """How the last review of this user ended."""
    row = await connection.row(_DECIDED, {"user_id": user_id})
    return DecidedRow(**row._asdict())


async def note_accounts_approved(connection: AsyncConnection, user_id: UUID) -> None:
    """The accounts service has approved this user's accounts: the review is finished."""
    await connection.execute(_ACCOUNTS_APPROVED, {"user_id": user_id})


async def record_view(connection: AsyncConnection, user_id: UUID, reviewer_id: UUID, version: int) -> None:
    """Staff looks at a photo."""
    values = {"user_id": user_id, "reviewer_id": reviewer_id, "version": version}
    await connection.execute(_VIEW, values)


async def last_seen(connection: AsyncConnection, user_id: UUID, reviewer_id: UUID) -> int | None:
    """The newest version of a user's photo that this reviewer looked at."""
    values = {"user_id": user_id, "reviewer_id": reviewer_id}
    return await connection.value(_LAST_SEEN, values)
