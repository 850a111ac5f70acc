"""Signs people in and out."""

import logging
from uuid import UUID

from api.shared.auth import ENDED
from api.shared.database import AsyncConnection, AsyncEngine
from api.shared.errors import NotFound, Unauthenticated
from api.users.crypto.index import Index, IndexKeys
from api.users.crypto.signing import SigningKeys
from api.users.errors import WrongCredentials
from api.users.passwords import throttle
from api.users.passwords.hashing import Hasher
from api.users.passwords.throttle import Bucket
from api.users.sessions import repository
from api.users.sessions.repository import Credentials, SessionRow
from api.users.sessions.schemas import AccessToken
from api.users.sessions.tokens import TokenIssuer
from api.users.validation import email_as_sent

logger = logging.getLogger("tidemark.sign_in")

FORGET_AT_ONCE = 10_000


class SessionService:
    """`login` has transactions of its own: it waits for a hash in between, and no connection should wait along."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        index: Index,
        signing_keys: SigningKeys,
        issuer: TokenIssuer,
        hasher: Hasher,
    ) -> None:
        self._engine = engine
        self._index = index
        self._signing_keys = signing_keys
        self._issuer = issuer
        self._hasher = hasher

    async def login(self, email: str, password: str, address: str) -> AccessToken:
        """A token for a new session.

        Raises WrongCredentials, alike and after the same work whether the user is unknown, the password wrong or
        the attempt throttled; Unavailable when too many are waiting.
        """
        self._hasher.require_room()
        email = email_as_sent(email)
        async with self._engine.begin() as connection:
            keys = await self._index.load(connection)
            source = keys.digest("source", address)
            user = await repository.find_credentials(connection, list(keys.email_digests(email).values()), source)
            buckets = _buckets(keys, email, address, user)
            is_allowed = await throttle.count_attempt(connection, buckets)
        token = await self._open_if_right(user if is_allowed else None, password, buckets, source)
        # Whom it was for, without the address that they typed: it may be a password in the wrong field.
        account, user_id = keys.digest("log", email).hex()[:16], None if user is None else str(user.id)
        fields = {"is_let_in": token is not None, "account": account, "user_id": user_id}
        logger.info("sign-in", extra={"fields": fields})
        if token is None:
            raise WrongCredentials
        return token

    async def _open_if_right(
        self, user: Credentials | None, password: str, buckets: list[Bucket], source: bytes
    ) -> AccessToken | None:
        password_hash = None if user is None else user.password_hash
        is_right = await self._hasher.matches(password_hash, password)
        if not is_right or user is None or password_hash is None:
            return None
        new_hash = await self._hasher.hash(password) if self._hasher.is_outdated(password_hash) else None
        async with self._engine.begin() as connection:
            if not await repository.lock_credentials(connection, user.id, password_hash):
                return None
            await throttle.forget(connection, buckets)
            await throttle.purge(connection)
            await repository.remember_source(connection, user.id, source)
            _, token = await self._open(connection, user.id)
            if new_hash is not None:
                await repository.replace_password_hash(connection, user.id, password_hash, new_hash)
        return token

    async def forget_ended(self) -> None:
        """Forgets what has ended, whoever it was: sessions, places once signed in from, counters of attempts."""
        is_left = True
        while is_left:
            async with self._engine.begin() as connection:
                sessions = await repository.forget_ended(connection)
                is_left = sessions + await throttle.purge(connection, FORGET_AT_ONCE) > 0

    async def open_for(self, transaction: AsyncConnection, user_id: UUID) -> tuple[UUID, str]:
        """A session that the service itself opens to act for a user, and its token."""
        session_id, token = await self._open(transaction, user_id)
        return session_id, token.access_token

    async def refresh(self, transaction: AsyncConnection, user_id: UUID, session_id: UUID) -> AccessToken:
        """A new token for a session that is alive, which is thereby good for 30 more minutes."""
        key = await self._signing_keys.current(transaction)
        ends_at = await repository.refresh(transaction, session_id, key.id)
        if ends_at is None:
            raise Unauthenticated(ENDED)
        return self._issuer.for_person(key, user_id, session_id, ends_at)

    async def list_live(
        self, connection: AsyncConnection, user_id: UUID, after: UUID | None, limit: int
    ) -> list[SessionRow]:
        """Where the user is signed in, newest first."""
        return await repository.list_live(connection, user_id, scope="bank", after=after, limit=limit)

    async def end(self, connection: AsyncConnection, user_id: UUID, session_id: UUID) -> None:
        """Ends one of the user's sessions everywhere. Raises NotFound."""
        if not await repository.delete(connection, user_id, session_id, scope="bank"):
            raise NotFound

    async def _open(self, connection: AsyncConnection, user_id: UUID) -> tuple[UUID, AccessToken]:
        key = await self._signing_keys.current(connection)
        session_id, ends_at = await repository.insert_person(connection, user_id, key.id)
        return session_id, self._issuer.for_person(key, user_id, session_id, ends_at)


def _buckets(keys: IndexKeys, email: str, address: str, user: Credentials | None) -> list[Bucket]:
    if user is not None and user.is_known_source:
        return [(keys.digest("login-known", email, address), throttle.KNOWN)]
    return [
        (keys.digest("login-account", email), throttle.ACCOUNT),
        (keys.digest("login-pair", email, address), throttle.PAIR),
        (keys.digest("login-source", address), throttle.SOURCE),
    ]
