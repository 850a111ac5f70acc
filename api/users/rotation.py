"""Exchanges the bank's keys while requests run: master key, signing key, index key.

Every step can be repeated after a crash. Old master keys stay in the key file, so that what a running process has
just written, and backups, remain readable; nothing current is wrapped by them any more.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from api.shared.database import AsyncConnection, AsyncEngine
from api.users.crypto import repository as keys
from api.users.crypto.fields import Unreadable
from api.users.crypto.index import index_key_context
from api.users.crypto.master_key import MasterKey, unwrap_own
from api.users.crypto.signing import signing_key_context
from api.users.people import repository as people
from api.users.people.terms import term_digests
from api.users.profile import repository as users
from api.users.profile.personal import open_row
from api.users.services import Services

BATCH = 200
POLL_S = 0.05
# A service looks for an unknown key at most every five seconds: a key that signed sooner would be refused there.
LEAD_MIN_S = 10

_CONTEXTS: Mapping[keys.KeyTable, Callable[[str], Mapping[str, str]]] = {
    "signing_key": signing_key_context,
    "index_key": index_key_context,
}
_NOBODY = UUID(int=0)


async def rotate_keys(services: Services, lead_s: float, direct: AsyncEngine) -> list[str]:
    """Rotates everything; the new signing key signs after `lead_s` seconds, but not before ten.

    `direct` is the database without a proxy. Returns a line about each step.
    """
    async with _alone(direct):
        return [
            await _rotate_master_key(services),
            await _rotate_signing_key(services, max(lead_s, LEAD_MIN_S)),
            await _rotate_index_key(services),
        ]


async def _rotate_master_key(services: Services) -> str:
    master_key_id = await asyncio.to_thread(services.master_key.rotate)
    # Once more: a process may have wrapped a key with the old one while the first pass ran.
    rewrapped = sum([await asyncio.to_thread(services.data_keys.rewrap_all) for _ in range(2)])
    for table in _CONTEXTS:
        async with services.engine.begin() as connection:
            rewrapped += await _rewrap_rows(connection, services.master_key, table, master_key_id)
    return f"master key {master_key_id}: {rewrapped} keys wrapped anew"


async def _rewrap_rows(
    connection: AsyncConnection, master: MasterKey, table: keys.KeyTable, master_key_id: str
) -> int:
    rows = await keys.wrapped_by_others(connection, table, master_key_id)
    for row in rows:
        context = _CONTEXTS[table](row.id)
        key = await asyncio.to_thread(unwrap_own, master, row.master_key_id, row.wrapped, context)
        wrapped_by, wrapped = await asyncio.to_thread(master.wrap, key, context)
        await keys.replace_wrapped(connection, table, row.id, wrapped, wrapped_by)
    return len(rows)


async def _rotate_signing_key(services: Services, lead_s: float) -> str:
    async with services.engine.begin() as connection:
        await services.signing_keys.current(connection)
        key_id = await services.signing_keys.add(connection, lead_s=lead_s)
        await services.signing_keys.prune(connection)
    return f"signing key {key_id}: published, signs in {lead_s:.0f} seconds"


async def _rotate_index_key(services: Services) -> str:
    async with services.engine.begin() as connection:
        await services.index.load(connection)
        key_id = await services.index.add(connection)
    await _until_everybody_knows(services.engine)
    digested, unreadable = await _digest_all(services, key_id)
    if unreadable:
        return f"index key {key_id}: {unreadable} users cannot be read, so the old key stays beside it"
    async with services.engine.begin() as connection:
        # Who is adding a user with both keys holds a share of their rows.
        await keys.lock_index_keys(connection)
        await users.retire_digests(connection, key_id)
        await people.retire_terms(connection, key_id)
        await keys.retire_index_keys(connection, key_id)
    return f"index key {key_id}: {digested} users digested anew"


async def _until_everybody_knows(engine: AsyncEngine) -> None:
    """Returns when every transaction has ended that may have read the keys before the newest was there.

    One that adds a user would leave them without its digest; one that looks for a user would come with the old
    digest alone when that is gone. The role's transaction_timeout bounds the waiting.
    """
    async with engine.begin() as connection:
        moment = await keys.now(connection)
    while True:
        async with engine.begin() as connection:
            if not await keys.is_any_older(connection, moment):
                return
        await asyncio.sleep(POLL_S)


async def _digest_all(services: Services, key_id: str) -> tuple[int, int]:
    """Adds a digest under the new key for every user; how many, and how many could not be read."""
    digested = unreadable = 0
    after = _NOBODY
    while True:
        async with services.engine.begin() as connection:
            missing = await users.without_digest(connection, key_id, after=after, limit=BATCH)
        for user_id in missing:
            async with services.engine.begin() as connection:
                # The row is locked, so that an email changed meanwhile is not digested in its old form.
                row = await users.get(connection, user_id, for_update=True)
                if row is None:
                    continue
                try:
                    personal = await open_row(services.data_keys, row)
                except Unreadable:
                    unreadable += 1
                    continue
                index_keys = await services.index.load(connection)
                digests = index_keys.email_digests(personal.email)
                await users.add_digests(connection, user_id, {key_id: digests[key_id]})
                await people.write_terms(connection, user_id, term_digests(index_keys, personal))
                digested += 1
        if len(missing) < BATCH:
            return digested, unreadable
        after = missing[-1]


@asynccontextmanager
async def _alone(direct: AsyncEngine) -> AsyncIterator[None]:
    """One rotation at a time. The lock belongs to the session, which a proxy would give to others in between."""
    async with direct.connect() as connection:
        await keys.lock_rotation(connection)
        try:
            yield
        finally:
            await keys.unlock_rotation(connection)
