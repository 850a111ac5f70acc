"""SQL for finding people, and for what staff see of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.shared.database import AsyncConnection, text
from api.users.profile.repository import COLUMNS, UserRow

_DELETE_TERMS = text("delete from users.search_term where user_id = :user_id")
_INSERT_TERM = text(
    "insert into users.search_term (digest, key_id, user_id) values (:digest, :key_id, :user_id)"
    " on conflict do nothing"
)
_RETIRE_TERMS = text("delete from users.search_term where key_id <> :key_id")
_WITHOUT_TERMS = text("""
    select u.id from users.user as u
    where u.deleted_at is null and u.id > :after
        and not exists (select from users.search_term as t where t.user_id = u.id)
    order by u.id
    limit :limit
""")
# Who has all the terms asked for, under one key: there are two keys while they are being exchanged.
_FIND = text(f"""
    select {COLUMNS} from users.user
    where deleted_at is null and id > :after and id in (
        select user_id from users.search_term
        where digest = any(:digests)
        group by user_id, key_id
        having count(*) = :terms
    )
    order by id
    limit :limit
""")
_DECISIONS = text("""
    select decision, reason, reviewer_id, decided_at
    from users.review_decision where user_id = :user_id order by id desc
""")


class DecisionRow(msgspec.Struct, frozen=True):
    """A review of a user's photo."""

    decision: Any
    reason: str | None
    reviewer_id: UUID
    decided_at: datetime


async def write_terms(
    connection: AsyncConnection, user_id: UUID, digests: Sequence[tuple[str, bytes]], *, is_new: bool = False
) -> None:
    """Makes the user findable by these (key's id, digest) and by nothing else."""
    if not is_new:
        await connection.execute(_DELETE_TERMS, {"user_id": user_id})
    for key_id, digest in digests:
        await connection.execute(_INSERT_TERM, {"digest": digest, "key_id": key_id, "user_id": user_id})


async def retire_terms(connection: AsyncConnection, key_id: str) -> None:
    """Deletes every digest but this key's."""
    await connection.execute(_RETIRE_TERMS, {"key_id": key_id})


async def without_terms(connection: AsyncConnection, *, after: UUID, limit: int) -> list[UUID]:
    """Users whom only their email finds yet, by id."""
    return [row.id for row in await connection.rows(_WITHOUT_TERMS, {"after": after, "limit": limit})]


async def find(
    connection: AsyncConnection, digests: Sequence[bytes], *, terms: int, after: UUID, limit: int
) -> list[UserRow]:
    """Who has all of so many terms, by id; `digests` are theirs under every key."""
    values = {"digests": list(digests), "terms": terms, "after": after, "limit": limit}
    return [UserRow(**row._asdict()) for row in await connection.rows(_FIND, values)]


async def decisions(connection: AsyncConnection, user_id: UUID) -> list[DecisionRow]:
    """The reviews of a user's photos, newest first."""
    return [DecisionRow(**row._asdict()) for row in await connection.rows(_DECISIONS, {"user_id": user_id})]
