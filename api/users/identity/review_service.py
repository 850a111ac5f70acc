"""Staff's review of users' photos."""

import asyncio
from datetime import datetime
from uuid import UUID

from api.shared.auth import Principal
from api.shared.database import AsyncConnection, AsyncEngine
from api.shared.errors import Forbidden, NotFound, ValueRefused
from api.users.accounts_client import AccountsClient
from api.users.crypto.data_keys import DataKeys
from api.users.crypto.fields import Unreadable
from api.users.documents import IdentityDocuments, open_photo
from api.users.errors import AlreadyDecided, NothingToReview, PhotoReplaced
from api.users.identity import repository
from api.users.identity.schemas import Decision, Reviewed, ReviewItem
from api.users.profile import repository as users
from api.users.profile.personal import BeingDeleted, fetch_key, open_row
from api.users.profile.repository import UserRow
from api.users.sessions import repository as sessions

STATUS_AFTER = {"approve": "approved", "reject": "rejected"}


class ReviewService:
    """See the module."""

    def __init__(
        self,
        engine: AsyncEngine,
        data_keys: DataKeys,
        documents: IdentityDocuments,
        accounts: AccountsClient,
    ) -> None:
        self._engine = engine
        self._data_keys = data_keys
        self._documents = documents
        self._accounts = accounts

    async def queue(
        self, after: tuple[datetime, UUID] | None, limit: int
    ) -> tuple[list[ReviewItem], tuple[datetime, UUID] | None]:
        """Who waits, longest first, and where the next page starts; who cannot be read is left out (an alarm)."""
        async with self._engine.begin() as connection:
            rows = await repository.queue(connection, after, limit + 1)
        page = rows[:limit]
        items = await asyncio.gather(*(self._item(row) for row in page))
        last = page[-1] if len(rows) > limit else None
        following = (last.photo_submitted_at, last.id) if last and last.photo_submitted_at else None
        return [item for item in items if item is not None], following

    async def photo(self, user_id: UUID, reviewer_id: UUID) -> bytes:
        """A user's photo as JPEG; that this reviewer looked at it is on record before they see it.

        Raises NotFound when there is none.
        """
        photo = await asyncio.to_thread(self._documents.get, user_id)
        async with self._engine.begin() as connection:
            row = await users.get(connection, user_id)
            if row is None or photo is None or row.photo_status == "missing":
                raise NotFound
            await repository.record_view(connection, user_id, reviewer_id, photo.version)
        try:
            key = await asyncio.to_thread(fetch_key, self._data_keys, row)
        except BeingDeleted as error:
            raise NotFound from error
        return open_photo(key, photo)

    async def decide(self, user_id: UUID, reviewer: Principal, decision: Decision) -> Reviewed:
        """Approves or rejects the photo that waits; approving approves the user and then all their accounts.

        The user comes first: an account opened in between asks and finds them approved already. Should accounts
        be out of reach (Unavailable), the user stays in the queue and a repeat finishes it. Raises NotFound,
        NothingToReview, PhotoReplaced (they looked at an older one), AlreadyDecided, ValueRefused, Forbidden, and
        Unauthenticated when the reviewer's session has ended meanwhile.
        """
        if user_id == reviewer.user_id:
            raise Forbidden("Nobody reviews their own photo.")
        reason = " ".join((decision.reason or "").split()) or None
        if decision.decision == "reject" and reason is None:
            raise ValueRefused("reason", "say why, so that the user can send a better photo")
        async with self._engine.begin() as connection:
            user = await self._undecided(connection, user_id, STATUS_AFTER[decision.decision])
            await sessions.require_live(connection, reviewer.session_id)
            if user is not None:
                seen = await repository.last_seen(connection, user_id, reviewer.user_id)
                if seen is not None and seen < user.photo_version:
                    raise PhotoReplaced
                await repository.decide(connection, user, reviewer.user_id, decision.decision, reason)
                await asyncio.to_thread(
                    self._documents.set_status,
                    user_id,
                    version=user.photo_version,
                    status=STATUS_AFTER[decision.decision],
                )
            row = await repository.decided(connection, user_id)
        if decision.decision == "approve":
            await self._accounts.approve(user_id, reviewer.token)
            async with self._engine.begin() as connection:
                await repository.note_accounts_approved(connection, user_id)
        return Reviewed(user_id, row.photo_status, row.photo_reason, row.approved, row.decided_by, row.decided_at)

    async def _undecided(self, connection: AsyncConnection, user_id: UUID, status_after: str) -> UserRow | None:
        """The user, locked, when their photo waits; None when it was decided on in just this way before."""
        user = await users.get(connection, user_id, for_update=True)
        if user is None or user.leaving_at is not None:
            raise NotFound
        if user.photo_status == "pending":
            return user
        if user.photo_status == "missing":
            raise NothingToReview
        if user.photo_status != status_after:
            raise AlreadyDecided
        return None

    async def _item(self, row: UserRow) -> ReviewItem | None:
        try:
            personal = await open_row(self._data_keys, row)
        except Unreadable:
            return None
        return ReviewItem(
            user_id=row.id,
            name=personal.name,
            email=personal.email,
            phone=personal.phone,
            photo_status=row.photo_status,
            submitted_at=row.photo_submitted_at,
        )
