"""SQL for sessions, of people and of programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.shared.auth import ENDED
from api.shared.database import AsyncConnection, text
from api.shared.errors import Unauthenticated

# A person's session ends after 12 hours at most, or when it was not refreshed for 30 minutes.
_INSERT_PERSON = text("""
    insert into users.session (user_id, scope, signing_key_id, last_seen_at, idle_expires_at, expires_at)
    values (:user_id, 'bank', :key_id, now(), now() + interval '30 minutes', now() + interval '12 hours')
    returning id, expires_at
""")
_REFRESH = text("""
    update users.session
    set last_seen_at = now(), idle_expires_at = now() + interval '30 minutes', signing_key_id = :key_id
    where id = :session_id and scope = 'bank' and expires_at > now() and idle_expires_at > now()
    returning expires_at
""")
_INSERT_PROGRAM = text("""
    insert into users.session (user_id, scope, label, signing_key_id, idle_expires_at, expires_at)
    select :user_id, 'stats:read', :label, :key_id, e.at, e.at
    from (select date_trunc('second', now()) + make_interval(days => :days) as at) as e
    returning id, label, created_at, last_seen_at, expires_at
""")
_LIST = """
    select id, label, created_at, last_seen_at, least(expires_at, idle_expires_at) as expires_at
    from users.session
    where user_id = :user_id and scope = :scope and expires_at > now() and idle_expires_at > now()
        and (cast(:after as uuid) is null or id < :after)
    order by id desc
    limit :limit
"""
_COUNT_PROGRAMS = text("""
    select count(*) from users.session where user_id = :user_id and scope = 'stats:read' and expires_at > now()
""")
_DELETE = text("""
    delete from users.session where id = :session_id and user_id = :user_id and scope = :scope returning id
""")
_DELETE_ALL = text("""
    delete from users.session where user_id = :user_id and id is distinct from cast(:but as uuid)
""")
_DROP_RESET_CODE = text("delete from users.reset_code where user_id = :user_id")
_DROP_EVERYBODYS_RESET_CODES = text("delete from users.reset_code")
# What is being added waits, or is waited for and then deleted too.
_LOCK_ALL = text("lock table users.session in exclusive mode")
_DELETE_EVERYBODYS = text("delete from users.session")
_DELETE_DEAD = text("""
    delete from users.session where user_id = :user_id and (expires_at <= now() or idle_expires_at <= now())
""")
_FIND_FOR_LOGIN = text("""
    select u.id,
        case when u.password_expires_at is null or u.password_expires_at > now() then u.password_hash end
            as password_hash,
        exists (
            select from users.known_source as k where k.user_id = u.id and k.source = :source
        ) as is_known_source
    from users.email_digest as d
    join users.user as u on u.id = d.user_id
    where d.digest = any(:digests) and u.deleted_at is null
    limit 1
""")
_LOCK_CREDENTIALS = text("""
    select id from users.user
    where id = :user_id and password_hash = :password_hash and deleted_at is null for share
""")
_LOCK_STAYING = text("""
    select id from users.user where id = :user_id and leaving_at is null and deleted_at is null for share
""")
_LOCK_LIVE = text("""
    select id from users.session
    where id = :session_id and expires_at > now() and idle_expires_at > now() for share
""")
_SET_PASSWORD_HASH = text("""
    update users.user set password_hash = :after where id = :user_id and password_hash = :before
""")
_REMEMBER_SOURCE = text("""
    insert into users.known_source (user_id, source) values (:user_id, :source)
    on conflict (user_id, source) do update set last_at = now()
""")
_FORGET_SOURCES = text("""
    delete from users.known_source where user_id = :user_id and last_at < now() - interval '90 days'
""")
# What a user leaves behind who never signs in again.
_FORGET_ENDED = text("""
    with ended as (
        delete from users.session where id in (
            select id from users.session where expires_at <= now() or idle_expires_at <= now()
            limit 10000 for update skip locked
        ) returning 1
    ), left_sources as (
        delete from users.known_source where (user_id, source) in (
            select user_id, source from users.known_source where last_at < now() - interval '90 days'
            limit 10000 for update skip locked
        ) returning 1
    )
    select (select count(*) from ended) + (select count(*) from left_sources)
""")


class SessionRow(msgspec.Struct, frozen=True):
    """A live session; `label` is a program token's name."""

    id: UUID
    label: str | None
    created_at: datetime
    last_seen_at: datetime | None
    expires_at: datetime


class Credentials(msgspec.Struct, frozen=True):
    """What a sign-in is checked against."""

    id: UUID
    password_hash: str | None
    is_known_source: bool


async def find_credentials(
    connection: AsyncConnection, digests: Sequence[bytes], source: bytes
) -> Credentials | None:
    """The user with this email, and whether they signed in from this source before."""
    values = {"digests": list(digests), "source": source}
    row = await connection.row(_FIND_FOR_LOGIN, values)
    return None if row is None else Credentials(**row._asdict())


async def lock_credentials(connection: AsyncConnection, user_id: UUID, password_hash: str) -> bool:
    """Whether the user still exists with this password; keeps it so until the transaction ends."""
    values = {"user_id": user_id, "password_hash": password_hash}
    return await connection.row(_LOCK_CREDENTIALS, values) is not None


async def is_staying(connection: AsyncConnection, user_id: UUID) -> bool:
    """Whether the user exists and is not being deleted; that is not begun before the transaction ends."""
    return await connection.row(_LOCK_STAYING, {"user_id": user_id}) is not None


async def require_live(connection: AsyncConnection, session_id: UUID) -> None:
    """Nobody ends the session before the transaction does. Raises Unauthenticated when it has ended.

    Lock the user first: who ends all of their sessions does so, too.
    """
    if await connection.row(_LOCK_LIVE, {"session_id": session_id}) is None:
        raise Unauthenticated(ENDED)


async def replace_password_hash(connection: AsyncConnection, user_id: UUID, before: str, after: str) -> None:
    """The same password hashed anew, unless it was changed meanwhile."""
    await connection.execute(_SET_PASSWORD_HASH, {"user_id": user_id, "before": before, "after": after})


async def remember_source(connection: AsyncConnection, user_id: UUID, source: bytes) -> None:
    """Notes where a user signed in from, and forgets places of more than 90 days ago."""
    await connection.execute(_REMEMBER_SOURCE, {"user_id": user_id, "source": source})
    await connection.execute(_FORGET_SOURCES, {"user_id": user_id})


async def insert_person(connection: AsyncConnection, user_id: UUID, key_id: str) -> tuple[UUID, datetime]:
    """A new session of a person: its id, and when it ends at the latest."""
    await connection.execute(_DELETE_DEAD, {"user_id": user_id})
    row = await connection.row(_INSERT_PERSON, {"user_id": user_id, "key_id": key_id})
    return row.id, row.expires_at


async def forget_ended(connection: AsyncConnection) -> int:
    """Forgets some sessions that have ended and some places of more than 90 days ago; how many."""
    return int(await connection.value(_FORGET_ENDED))


async def refresh(connection: AsyncConnection, session_id: UUID, key_id: str) -> datetime | None:
    """Keeps a live session of a person alive; when it ends at the latest, or None if it has ended."""
    values = {"session_id": session_id, "key_id": key_id}
    return await connection.value(_REFRESH, values)


async def insert_program(
    connection: AsyncConnection, user_id: UUID, *, label: str, key_id: str, days: int
) -> SessionRow:
    """A new session of a program."""
    values = {"user_id": user_id, "label": label, "key_id": key_id, "days": days}
    return _row(await connection.row(_INSERT_PROGRAM, values))


async def count_programs(connection: AsyncConnection, user_id: UUID) -> int:
    """How many program tokens of the user are alive."""
    return await connection.value(_COUNT_PROGRAMS, {"user_id": user_id})


async def list_live(
    connection: AsyncConnection, user_id: UUID, *, scope: str, after: UUID | None, limit: int
) -> list[SessionRow]:
    """Live sessions of the user, newest first, at most `limit`, older than `after`."""
    values = {"user_id": user_id, "scope": scope, "after": after, "limit": limit}
    return [_row(row) for row in await connection.rows(text(_LIST), values)]


async def delete(connection: AsyncConnection, user_id: UUID, session_id: UUID, *, scope: str) -> bool:
    """Ends one session of the user; False when there is none such."""
    values = {"user_id": user_id, "session_id": session_id, "scope": scope}
    return await connection.row(_DELETE, values) is not None


async def delete_all(connection: AsyncConnection, user_id: UUID, *, but: UUID | None = None) -> None:
    """Ends every session of the user, programs' too, except `but`; a code for a new password is worthless too."""
    await connection.execute(_DELETE_ALL, {"user_id": user_id, "but": but})
    await drop_reset_code(connection, user_id)


async def drop_reset_code(connection: AsyncConnection, user_id: UUID) -> None:
    """A code for a new password is worthless from now on."""
    await connection.execute(_DROP_RESET_CODE, {"user_id": user_id})


async def delete_everybodys(connection: AsyncConnection) -> None:
    """Ends every session and program token there is, and those that are being added."""
    await connection.execute(_LOCK_ALL)
    await connection.execute(_DELETE_EVERYBODYS)


async def drop_everybodys_reset_codes(connection: AsyncConnection) -> None:
    """Every code for a new password is worthless from now on."""
    await connection.execute(_DROP_EVERYBODYS_RESET_CODES)


def _row(row: Any) -> SessionRow:
    return SessionRow(**row._asdict())
