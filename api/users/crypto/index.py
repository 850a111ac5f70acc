"""Keyed digests (HMAC-SHA-256): an email, a phone or a name can be found without being readable.

There is one index key, and two while they are being exchanged; the database says which, on every use, so that
all processes agree at once.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from api.shared.database import AsyncConnection
from api.users.crypto import repository
from api.users.crypto.master_key import KEY_BYTES, MasterKey, unwrap_own


@dataclass(frozen=True)
class IndexKeys:
    """The index keys in use, by id, oldest first."""

    secrets: Mapping[str, bytes] = field(repr=False)

    def email_digests(self, email: str) -> dict[str, bytes]:
        """The digest of a normalised email under each key."""
        return self.digests("email", email)

    def digests(self, kind: str, value: str) -> dict[str, bytes]:
        """The digest of a value of some kind under each key."""
        return {key_id: _digest(key, kind, value) for key_id, key in self.secrets.items()}

    def digest(self, kind: str, *parts: str) -> bytes:
        """A digest for any other purpose, under the oldest key."""
        return _digest(next(iter(self.secrets.values())), kind, *parts)


class Index:
    """Loads the index keys; the first process to come makes the first one."""

    def __init__(self, master_key: MasterKey) -> None:
        self._master = master_key
        self._unwrapped: dict[str, bytes] = {}

    async def load(self, connection: AsyncConnection, *, for_writing: bool = False) -> IndexKeys:
        """The keys as this transaction sees them; `for_writing` keeps the set unchanged until it ends."""
        rows = await repository.index_keys(connection, for_writing=for_writing)
        if not rows:
            await repository.lock_table(connection, "index_key")
            rows = await repository.index_keys(connection, for_writing=for_writing)
        if not rows:
            await self.add(connection)
            rows = await repository.index_keys(connection, for_writing=for_writing)
        for row in rows:
            if row.id not in self._unwrapped:
                self._unwrapped[row.id] = await asyncio.to_thread(
                    unwrap_own, self._master, row.master_key_id, row.wrapped, index_key_context(row.id)
                )
        return IndexKeys({row.id: self._unwrapped[row.id] for row in rows})

    async def add(self, connection: AsyncConnection) -> str:
        """Makes a further key; returns its id."""
        key_id, key = f"index-{secrets.token_hex(4)}", secrets.token_bytes(KEY_BYTES)
        master_key_id, wrapped = await asyncio.to_thread(self._master.wrap, key, index_key_context(key_id))
        values = {"id": key_id, "wrapped": wrapped, "master_key_id": master_key_id}
        await repository.insert_index_key(connection, values)
        return key_id


def index_key_context(key_id: str) -> dict[str, str]:
    """What wrapping an index key is bound to."""
    return {"purpose": "index-key", "key_id": key_id}


def _digest(key: bytes, kind: str, *parts: str) -> bytes:
    return hmac.digest(key, "\0".join((kind, *parts)).encode(), hashlib.sha256)
