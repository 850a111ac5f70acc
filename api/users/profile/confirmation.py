"""A signed-in user proves once more that they know their password."""

from uuid import UUID

from api.shared.database import AsyncEngine
from api.shared.errors import TooManyRequests, Unauthenticated
from api.users.crypto.index import Index
from api.users.errors import WrongPassword
from api.users.passwords import throttle
from api.users.passwords.hashing import Hasher
from api.users.profile import repository
from api.users.profile.repository import UserRow


class Confirmation:
    """Checks the current password, throttled per user."""

    def __init__(self, engine: AsyncEngine, index: Index, hasher: Hasher) -> None:
        self._engine = engine
        self._index = index
        self._hasher = hasher

    async def confirm(self, user_id: UUID, password: str) -> UserRow:
        """The user. Raises WrongPassword, TooManyRequests after several wrong ones, or Unavailable."""
        self._hasher.require_room()
        async with self._engine.begin() as connection:
            keys = await self._index.load(connection)
            user = await repository.get(connection, user_id)
            if user is None:
                raise Unauthenticated
            buckets = [(keys.digest("confirmation", str(user_id)), throttle.CONFIRMATION)]
            if not await throttle.count_attempt(connection, buckets):
                raise TooManyRequests
        if not await self._hasher.matches(user.password_hash, password):
            raise WrongPassword
        async with self._engine.begin() as connection:
            await throttle.forget(connection, buckets)
        return user
