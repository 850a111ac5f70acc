"""SQL for the keys that the database keeps, wrapped: signing keys and index keys, and how they are exchanged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from api.shared.database import AsyncConnection, text

KeyTable = Literal["signing_key", "index_key"]
WRAPPED: Mapping[KeyTable, str] = {"signing_key": "private_key", "index_key": "wrapped"}

# By the clock, not by the transaction's start: who waited for the lock must see the key that was made meanwhile.
_SIGNING_KEY = text("""
    select id, private_key, master_key_id from users.signing_key
    where active_from <= clock_timestamp() order by active_from desc, id desc limit 1
""")
_INSERT_SIGNING_KEY = text("""
    insert into users.signing_key (id, public_jwk, private_key, master_key_id, active_from)
    values (:id, cast(:public_jwk as jsonb), :private_key, :master_key_id,
            now() + make_interval(secs => :lead_s))
""")
# 40 minutes: an access token's 15, another 15 in which it may still be refreshed, and clocks that differ.
_NEEDED = """
    select id, public_jwk
    from (
        select *, lead(active_from) over (order by active_from, id) as superseded_at from users.signing_key
    ) as k
    where superseded_at is null
        or superseded_at > now() - interval '40 minutes'
        or exists (
            select from users.session as s
            where s.signing_key_id = k.id and s.scope = 'stats:read' and s.expires_at > now()
        )
    order by active_from desc, id desc
"""
_PRUNE = text(f"delete from users.signing_key where id not in (select id from ({_NEEDED}) as needed)")
_INDEX_KEYS = "select id, wrapped, master_key_id from users.index_key order by created_at, id"
_INSERT_INDEX_KEY = text(
    "insert into users.index_key (id, wrapped, master_key_id) values (:id, :wrapped, :master_key_id)"
)
_RETIRE_INDEX_KEYS = text("delete from users.index_key where id <> :key_id")
_LOCK_TABLE = text("select pg_advisory_xact_lock(hashtext('users.' || :table))")
_LOCK_ROTATION = text("select pg_advisory_lock(hashtext('users.rotate'))")
_UNLOCK_ROTATION = text("select pg_advisory_unlock(hashtext('users.rotate'))")
_LOCK_INDEX_KEYS = text(f"{_INDEX_KEYS} for update")
_NOW = text("select clock_timestamp()")
# Transactions of the service's processes, which are of this role: it may see when they began.
_IS_ANY_OLDER = text("""
    select exists (
        select from pg_stat_activity
        where datname = current_database() and usename = current_user and xact_start < :moment
    )
""")


async def lock_table(connection: AsyncConnection, table: KeyTable) -> None:
    """Waits until nobody else makes the table's first key; held until the transaction ends."""
    await connection.execute(_LOCK_TABLE, {"table": table})


async def signing_key(connection: AsyncConnection) -> Any:
    """The newest key whose time has come: (id, private_key, master_key_id), or None."""
    return await connection.row(_SIGNING_KEY)


async def insert_signing_key(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Adds a key that signs after `lead_s` seconds."""
    await connection.execute(_INSERT_SIGNING_KEY, values)


async def public_jwks(connection: AsyncConnection) -> list[Any]:
    """The public keys of all tokens that can still be presented, and of those to come, newest first."""
    return [row.public_jwk for row in await connection.rows(text(_NEEDED))]


async def prune_signing_keys(connection: AsyncConnection) -> None:
    """Deletes keys whose last token has expired."""
    await connection.execute(_PRUNE)


async def index_keys(connection: AsyncConnection, *, for_writing: bool) -> Sequence[Any]:
    """The keys in use, (id, wrapped, master_key_id), oldest first; `for_writing` keeps the set as it is."""
    return await connection.rows(text(f"{_INDEX_KEYS} for share" if for_writing else _INDEX_KEYS))


async def insert_index_key(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Adds a key."""
    await connection.execute(_INSERT_INDEX_KEY, values)


async def lock_index_keys(connection: AsyncConnection) -> None:
    """Waits for all who add a user with the keys as they are."""
    await connection.execute(_LOCK_INDEX_KEYS)


async def retire_index_keys(connection: AsyncConnection, key_id: str) -> None:
    """Deletes every key but this one."""
    await connection.execute(_RETIRE_INDEX_KEYS, {"key_id": key_id})


async def wrapped_by_others(connection: AsyncConnection, table: KeyTable, master_key_id: str) -> Sequence[Any]:
    """The table's keys that another master key wraps, locked: (id, wrapped, master_key_id)."""
    statement = text(
        f"select id, {WRAPPED[table]} as wrapped, master_key_id from users.{table}"
        " where master_key_id <> :id order by created_at, id for update"
    )
    return await connection.rows(statement, {"id": master_key_id})


async def replace_wrapped(
    connection: AsyncConnection, table: KeyTable, key_id: str, wrapped: bytes, master_key_id: str
) -> None:
    """Keeps a key as that master key wraps it."""
    statement = text(
        f"update users.{table} set {WRAPPED[table]} = :wrapped, master_key_id = :master_key_id where id = :id"
    )
    await connection.execute(statement, {"wrapped": wrapped, "master_key_id": master_key_id, "id": key_id})


async def lock_rotation(connection: AsyncConnection) -> None:
    """One rotation at a time; the lock belongs to the session."""
    await connection.execute(_LOCK_ROTATION)


async def unlock_rotation(connection: AsyncConnection) -> None:
    """Lets the next rotation begin."""
    await connection.execute(_UNLOCK_ROTATION)


async def now(connection: AsyncConnection) -> datetime:
    """The database's clock."""
    moment: datetime = await connection.value(_NOW)
    return moment


async def is_any_older(connection: AsyncConnection, moment: datetime) -> bool:
    """Whether a transaction of the service goes on that began before the moment."""
    return bool(await connection.value(_IS_ANY_OLDER, {"moment": moment}))
