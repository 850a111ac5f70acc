"""Tokens that let programs read statistics: sessions of their own, longer-lived and of a narrower scope."""

from uuid import UUID

from api.shared.database import AsyncConnection
from api.shared.errors import NotFound
from api.users.crypto.signing import SigningKeys
from api.users.errors import TooManyTokens, UserLeaving
from api.users.sessions import repository
from api.users.sessions.repository import SessionRow
from api.users.sessions.tokens import TokenIssuer

TOKENS_MAX = 50
SCOPE = "stats:read"


class ProgramTokenService:
    """Creates, lists and revokes program tokens."""

    def __init__(self, signing_keys: SigningKeys, issuer: TokenIssuer) -> None:
        self._signing_keys = signing_keys
        self._issuer = issuer

    async def create(
        self, transaction: AsyncConnection, user_id: UUID, session_id: UUID, name: str, days: int
    ) -> tuple[SessionRow, str]:
        """The new token's row, and the token, which is kept nowhere.

        Raises TooManyTokens, UserLeaving, and Unauthenticated when the caller's session has ended meanwhile.
        """
        if not await repository.is_staying(transaction, user_id):
            raise UserLeaving
        await repository.require_live(transaction, session_id)
        if await repository.count_programs(transaction, user_id) >= TOKENS_MAX:
            raise TooManyTokens
        key = await self._signing_keys.current(transaction)
        row = await repository.insert_program(transaction, user_id, label=name, key_id=key.id, days=days)
        return row, self._issuer.for_program(key, user_id, row.id, row.expires_at)

    async def list_live(
        self, connection: AsyncConnection, user_id: UUID, after: UUID | None, limit: int
    ) -> list[SessionRow]:
        """The user's tokens that are alive, newest first."""
        return await repository.list_live(connection, user_id, scope=SCOPE, after=after, limit=limit)

    async def revoke(self, connection: AsyncConnection, user_id: UUID, token_id: UUID) -> None:
        """Ends a token. Raises NotFound."""
        if not await repository.delete(connection, user_id, token_id, scope=SCOPE):
            raise NotFound
