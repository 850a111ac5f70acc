"""SQL for users and their email digests."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.errors import UniqueViolation

from api.shared.database import AsyncConnection, text
from api.users.errors import EmailTaken

COLUMNS = """
    id, data_key_id, name, email, phone, password_hash, roles, created_at, approved_at, photo_status,
    photo_version, photo_reason, photo_submitted_at, leaving_at,
    password_expires_at
"""


class UserRow(msgspec.Struct, frozen=True):
    """A row of users.user that is not deleted; name, email and phone are ciphertexts."""

    id: UUID
    data_key_id: UUID
    name: bytes
    email: bytes
    phone: bytes
    password_hash: str | None
    roles: Sequence[str]
    created_at: datetime
    approved_at: datetime | None
    photo_status: Any
    photo_version: int
    photo_reason: str | None
    photo_submitted_at: datetime | None
    leaving_at: datetime | None
    password_expires_at: datetime | None

    @property
    def sealed(self) -> dict[str, bytes]:
        """The ciphertexts by column."""
        return {"name": self.name, "email": self.email, "phone": self.phone}


_INSERT = text("""
    insert into users.user (
        id, data_key_id, name, email, phone, password_hash, password_expires_at, roles, approved_at
    )
    values (
        :id, :data_key_id, :name, :email, :phone, :password_hash,
        now() + make_interval(hours => cast(:password_hours as integer)), :roles,
        case when :approved then now() end
    )
    returning created_at
""")
_INSERT_DIGEST = text(
    "insert into users.email_digest (digest, key_id, user_id) values (:digest, :key_id, :user_id)"
)
_DELETE_DIGESTS = text("delete from users.email_digest where user_id = :user_id")
_RETIRE_DIGESTS = text("delete from users.email_digest where key_id <> :key_id")
_WITHOUT_DIGEST = text("""
    select u.id from users.user as u
    where u.deleted_at is null and u.id > :after
        and not exists (select from users.email_digest as d where d.user_id = u.id and d.key_id = :key_id)
    order by u.id
    limit :limit
""")
_GET = f"select {COLUMNS} from users.user where id = :user_id and deleted_at is null"
_FIND = text("select user_id from users.email_digest where digest = any(:digests) limit 1")
_UPDATE = text("""
    update users.user
    set name = :name, email = :email, phone = :phone, password_hash = :password_hash,
        password_expires_at = case when password_hash = :password_hash then password_expires_at end
    where id = :user_id
""")
_GRANT = text("""
    update users.user
    set roles = array(select distinct unnest(roles || cast(:roles as text[])) order by 1),
        approved_at = coalesce(approved_at, now())
    where id = :user_id
""")
# The time tells one deletion from another that began meanwhile: only the last one lets the user stay.
_MARK_LEAVING = text("""
    update users.user set leaving_at = clock_timestamp() where id = :user_id and deleted_at is null
    returning leaving_at
""")
_CLAIM_LEAVING = text("""
    update users.user set leaving_at = clock_timestamp()
    where id = (
        select id from users.user
        where leaving_at < now() - interval '2 minutes' and deleted_at is null
        order by leaving_at limit 1 for update skip locked
    )
    returning id, leaving_at
""")
_RENEW_LEAVING = text("""
    update users.user set leaving_at = clock_timestamp()
    where id = :user_id and leaving_at is not null and deleted_at is null
    returning id
""")
_STAY = text("""
    update users.user set leaving_at = null
    where id = :user_id and leaving_at = :leaving_at and deleted_at is null
""")
_ERASE = text("""
    update users.user
    set deleted_at = now(), data_key_id = null, name = null, email = null, phone = null,
        password_hash = null, password_expires_at = null, roles = '{}', approved_at = null,
        photo_status = 'missing', photo_reason = null
    where id = :user_id
""")
_ERASE_SEARCH_TERMS = text("delete from users.search_term where user_id = :user_id")
_ERASE_KNOWN_SOURCES = text("delete from users.known_source where user_id = :user_id")


async def insert(connection: AsyncConnection, values: Mapping[str, Any], digests: Mapping[str, bytes]) -> datetime:
    """Adds a user with their email's digests; gives the time. Raises EmailTaken."""
    created_at: datetime = await connection.value(_INSERT, values)
    await add_digests(connection, values["id"], digests)
    return created_at


async def get(connection: AsyncConnection, user_id: UUID, *, for_update: bool = False) -> UserRow | None:
    """The user, or None when there is none or they were deleted."""
    statement = text(f"{_GET} for update" if for_update else _GET)
    row = await connection.row(statement, {"user_id": user_id})
    return None if row is None else UserRow(**row._asdict())


async def find(connection: AsyncConnection, digests: Mapping[str, bytes]) -> UUID | None:
    """The id of the user who has this email."""
    return await connection.value(_FIND, {"digests": list(digests.values())})


async def update(
    connection: AsyncConnection, user_id: UUID, values: Mapping[str, Any], digests: Mapping[str, bytes] | None
) -> None:
    """Writes all that a user may change; `digests` when the email is another. Raises EmailTaken."""
    await connection.execute(_UPDATE, {"user_id": user_id, **values})
    if digests is not None:
        await connection.execute(_DELETE_DIGESTS, {"user_id": user_id})
        await add_digests(connection, user_id, digests)


async def grant_roles(connection: AsyncConnection, user_id: UUID, roles: Sequence[str]) -> None:
    """Adds roles; who has one counts as approved."""
    await connection.execute(_GRANT, {"user_id": user_id, "roles": list(roles)})


async def mark_leaving(connection: AsyncConnection, user_id: UUID) -> datetime | None:
    """Begins a deletion; its mark, or None when there is no such user."""
    return await connection.value(_MARK_LEAVING, {"user_id": user_id})


async def claim_leaving(connection: AsyncConnection) -> tuple[UUID, datetime] | None:
    """A deletion that has made no progress for two minutes, and its new mark, so that nobody else takes it too."""
    row = await connection.row(_CLAIM_LEAVING)
    return None if row is None else (row.id, row.leaving_at)


async def renew_leaving(connection: AsyncConnection, user_id: UUID) -> bool:
    """Makes every older mark invalid; False when the user stays or is deleted."""
    return await connection.value(_RENEW_LEAVING, {"user_id": user_id}) is not None


async def stay(connection: AsyncConnection, user_id: UUID, leaving_at: datetime) -> None:
    """The deletion with this mark is off."""
    await connection.execute(_STAY, {"user_id": user_id, "leaving_at": leaving_at})


async def erase(connection: AsyncConnection, user_id: UUID) -> None:
    """Removes everything of the user but the row that ids in the ledger and the review records point to."""
    await connection.execute(_DELETE_DIGESTS, {"user_id": user_id})
    await connection.execute(_ERASE_SEARCH_TERMS, {"user_id": user_id})
    await connection.execute(_ERASE_KNOWN_SOURCES, {"user_id": user_id})
    await connection.execute(_ERASE, {"user_id": user_id})


async def add_digests(connection: AsyncConnection, user_id: UUID, digests: Mapping[str, bytes]) -> None:
    """Makes the user findable by these digests of their email. Raises EmailTaken."""
    rows = [{"digest": digest, "key_id": key_id, "user_id": user_id} for key_id, digest in digests.items()]
    try:
        for row in rows:
            await connection.execute(_INSERT_DIGEST, row)
    except UniqueViolation as error:
        if error.diag.constraint_name == "email_digest_pkey":
            raise EmailTaken from error
        raise


async def without_digest(connection: AsyncConnection, key_id: str, *, after: UUID, limit: int) -> list[UUID]:
    """Users whom this key does not find yet, by id."""
    rows = await connection.rows(_WITHOUT_DIGEST, {"key_id": key_id, "after": after, "limit": limit})
    return [row.id for row in rows]


async def retire_digests(connection: AsyncConnection, key_id: str) -> None:
    """Deletes every digest but this key's."""
    await connection.execute(_RETIRE_DIGESTS, {"key_id": key_id})
