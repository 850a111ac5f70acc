"""Deletes users: their accounts are closed, their data key, photo and index destroyed, their sessions ended.

First the user is marked as leaving, and from then on no service gives them an account, a share in one, a token or
an approval. An account that is still being opened holds the lock that closing their accounts waits for. So nothing
is left behind, and a deletion that was cut off anywhere is finished later, by a repeat or by `finish_all`.
"""

import asyncio
import logging
from datetime import datetime
from uuid import UUID

from api.shared.auth import Principal
from api.shared.database import AsyncEngine
from api.shared.errors import Conflict, TidemarkError, Unauthenticated
from api.users.accounts_client import AccountsClient
from api.users.crypto.data_keys import DataKeys
from api.users.documents import IdentityDocuments
from api.users.profile import repository
from api.users.profile.confirmation import Confirmation
from api.users.sessions import repository as sessions
from api.users.sessions.service import SessionService

logger = logging.getLogger(__name__)


class Deletion:
    """See the module."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        data_keys: DataKeys,
        documents: IdentityDocuments,
        confirmation: Confirmation,
        accounts: AccountsClient,
        session_service: SessionService,
    ) -> None:
        self._engine = engine
        self._data_keys = data_keys
        self._documents = documents
        self._confirmation = confirmation
        self._accounts = accounts
        self._sessions = session_service

    async def delete(self, caller: Principal, password: str) -> None:
        """Deletes the caller.

        Raises Conflict when an account holds money, and then they stay; Unavailable when accounts cannot be
        reached, and then it is finished later; Unauthenticated when their session ends before they are marked.
        """
        await self._confirmation.confirm(caller.user_id, password)
        async with self._engine.begin() as connection:
            leaving_at = await repository.mark_leaving(connection, caller.user_id)
            await sessions.require_live(connection, caller.session_id)
        if leaving_at is None:
            raise Unauthenticated
        await self._carry_out(caller.user_id, caller.token, leaving_at)

    async def finish_all(self) -> None:
        """Finishes deletions that were begun and cut off more than two minutes ago."""
        while True:
            async with self._engine.begin() as connection:
                claimed = await repository.claim_leaving(connection)
            if claimed is None:
                return
            user_id, leaving_at = claimed
            async with self._engine.begin() as connection:
                session_id, token = await self._sessions.open_for(connection, user_id)
            try:
                await self._carry_out(user_id, token, leaving_at)
            except TidemarkError as error:
                logger.warning("a deletion could not be finished", extra={"code": error.code})
                async with self._engine.begin() as connection:
                    await sessions.delete(connection, user_id, session_id, scope="bank")

    async def _carry_out(self, user_id: UUID, token: str, leaving_at: datetime) -> None:
        """A data key is destroyed before the row is erased: what a crash leaves in between can't be read."""
        try:
            await self._accounts.close_all(user_id, token)
        except Conflict:
            async with self._engine.begin() as connection:
                await repository.stay(connection, user_id, leaving_at)
            raise
        async with self._engine.begin() as connection:
            if not await repository.renew_leaving(connection, user_id):
                # Another deletion of the same user ran meanwhile: it is done, or was refused and lets them stay.
                if await repository.get(connection, user_id) is None:
                    return
                raise Conflict("Another deletion of the user was refused meanwhile. Try again.")
        await asyncio.to_thread(self._data_keys.destroy, user_id)
        async with self._engine.begin() as connection:
            # Who sends a photo holds the user's row: none comes after this.
            await repository.get(connection, user_id, for_update=True)
            await asyncio.to_thread(self._documents.delete, user_id)
            await sessions.delete_all(connection, user_id)
            await repository.erase(connection, user_id)
