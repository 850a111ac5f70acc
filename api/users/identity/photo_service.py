"""Takes a user's government photo."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from api.shared.database import AsyncEngine
from api.shared.errors import Unauthenticated, Unavailable
from api.users.crypto.data_keys import DataKeys
from api.users.documents import IdentityDocuments
from api.users.errors import PhotoNotReplaceable
from api.users.identity import repository
from api.users.identity.images import normal_photo
from api.users.identity.schemas import PhotoState
from api.users.profile import repository as users
from api.users.profile.personal import fetch_key, open_row
from api.users.sessions import repository as sessions

REPLACEABLE = frozenset({"missing", "rejected"})
QUEUE_MAX = 8


class PhotoService:
    """See the module."""

    def __init__(self, engine: AsyncEngine, data_keys: DataKeys, documents: IdentityDocuments) -> None:
        self._engine = engine
        self._data_keys = data_keys
        self._documents = documents
        self._decoder = ThreadPoolExecutor(1, thread_name_prefix="photo")
        self._waiting = 0

    async def submit(self, user_id: UUID, session_id: UUID, sent: bytes) -> PhotoState:
        """Keeps a photo for review.

        Raises PhotoRefused when it is no acceptable picture, PhotoNotReplaceable while one waits or is approved,
        Unavailable when too many are being looked at, Unauthenticated when the session has ended meanwhile.
        """
        photo = await self._normalise(sent)
        # The row stays locked while the item is written, so there is one writer; should the commit fail, the next
        # photo gets the same version and takes the item's place.
        async with self._engine.begin() as connection:
            row = await users.get(connection, user_id, for_update=True)
            if row is None:
                raise Unauthenticated
            await sessions.require_live(connection, session_id)
            if row.photo_status not in REPLACEABLE:
                raise PhotoNotReplaceable
            personal = await open_row(self._data_keys, row)
            key = await asyncio.to_thread(fetch_key, self._data_keys, row)
            version = row.photo_version + 1
            await asyncio.to_thread(self._documents.put, key, name=personal.name, photo=photo, version=version)
            submitted_at = await repository.submit(connection, user_id, version)
        return PhotoState(user_id, "pending", None, submitted_at)

    async def _normalise(self, sent: bytes) -> bytes:
        if self._waiting >= QUEUE_MAX:
            raise Unavailable("Many photos are arriving just now. Try again in a moment.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._decoder, normal_photo, sent)
        finally:
            self._waiting -= 1
