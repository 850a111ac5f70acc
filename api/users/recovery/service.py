"""Staff end a customer's sessions and give out a code; with it the customer sets a password.

Staff never learn or choose a password. Whoever works at the bank is helped from the command line alone, so that no
member of staff can take another's rights. All of it is on record.
"""

import hmac
import logging
from uuid import UUID

from api.shared.auth import Principal
from api.shared.database import AsyncConnection, AsyncEngine
from api.shared.errors import Forbidden, NotFound
from api.users.crypto.data_keys import DataKeys
from api.users.crypto.index import Index
from api.users.errors import ResetRefused
from api.users.passwords import throttle
from api.users.passwords.hashing import Hasher
from api.users.passwords.policy import check_password
from api.users.profile import repository as users
from api.users.profile.personal import open_row
from api.users.recovery import repository
from api.users.recovery.codes import code_digest, new_code
from api.users.recovery.repository import Action
from api.users.recovery.schemas import ResetCode, ResetPassword
from api.users.sessions import repository as sessions
from api.users.validation import email_as_sent

logger = logging.getLogger("tidemark.recovery")


class RecoveryService:
    """See the module. `staff` is who does it, None for the command line."""

    def __init__(self, *, engine: AsyncEngine, index: Index, data_keys: DataKeys, hasher: Hasher) -> None:
        self._engine = engine
        self._index = index
        self._data_keys = data_keys
        self._hasher = hasher

    async def end_sessions(self, staff: Principal | None, user_id: UUID) -> None:
        """Ends all sessions and program tokens of a user. Raises NotFound, Forbidden, Unauthenticated."""
        async with self._engine.begin() as connection:
            await self._act(connection, user_id, staff, "end_sessions")
            await sessions.delete_all(connection, user_id)

    async def end_everybodys_sessions(self) -> None:
        """Ends all sessions and program tokens of everybody; codes for a new password are worthless too."""
        # One after the other: who sets a new password takes the code first, who signs a user out the sessions.
        async with self._engine.begin() as connection:
            await sessions.delete_everybodys(connection)
        async with self._engine.begin() as connection:
            await sessions.drop_everybodys_reset_codes(connection)

    async def issue_code(self, staff: Principal | None, user_id: UUID) -> ResetCode:
        """A code that is good once, for an hour, and instead of any earlier one; ends all sessions and tokens.

        The password stays what it is until the code is used. Raises NotFound, Forbidden, Unauthenticated.
        """
        code = new_code()
        async with self._engine.begin() as connection:
            await self._act(connection, user_id, staff, "issue_code")
            await sessions.delete_all(connection, user_id)
            expires_at = await repository.put_code(connection, user_id, code_digest(user_id, code))
        return ResetCode(user_id, code, expires_at)

    async def reset(self, asked: ResetPassword, address: str) -> None:
        """Sets the new password and ends all sessions and tokens.

        Raises ResetRefused, alike and after the same work whatever is wrong, also for a code from staff where the
        user has a role by now; ValueRefused for a password that can't be taken, and then the code is still good;
        Unavailable when too many hashes wait.
        """
        self._hasher.require_room()
        email = email_as_sent(asked.email)
        check_password(asked.new_password, (email,), field="new_password")
        async with self._engine.begin() as connection:
            keys = await self._index.load(connection)
            buckets = [
                (keys.digest("reset-source", address), throttle.SOURCE),
                (keys.digest("reset-pair", email, address), throttle.PAIR),
            ]
            is_allowed = await throttle.count_attempt(connection, buckets)
            found = await repository.find_code(connection, list(keys.email_digests(email).values()))
        user_id, kept = found or (UUID(int=0), None)
        digest = code_digest(user_id, asked.code)
        if not hmac.compare_digest(digest, kept or b"") or not is_allowed:
            raise ResetRefused
        async with self._engine.begin() as connection:
            row = await users.get(connection, user_id)
            await throttle.take_back(connection, buckets)
        if row is None:
            raise ResetRefused
        personal = await open_row(self._data_keys, row)
        check_password(asked.new_password, (personal.name, personal.email, personal.phone), field="new_password")
        password_hash = await self._hasher.hash(asked.new_password)
        async with self._engine.begin() as connection:
            # The row first: a sign-in that holds it is over before its session is looked for.
            row = await users.get(connection, user_id, for_update=True)
            if (
                row is None
                or row.leaving_at is not None
                or not await repository.use_code(connection, user_id, digest)
                or (row.roles and await repository.is_code_from_staff(connection, user_id))
            ):
                raise ResetRefused
            await repository.set_password(connection, user_id, password_hash)
            await sessions.delete_all(connection, user_id)
            await _record(connection, user_id, None, "reset_password")

    async def _act(
        self, connection: AsyncConnection, user_id: UUID, staff: Principal | None, action: Action
    ) -> None:
        """Locks the user, and puts on record what is done to them."""
        row = await users.get(connection, user_id, for_update=True)
        if staff is not None:
            await sessions.require_live(connection, staff.session_id)
        if row is None or row.leaving_at is not None:
            raise NotFound
        if staff is not None and row.roles:
            raise Forbidden("The bank's own people are helped from the command line alone.")
        await _record(connection, row.id, None if staff is None else staff.user_id, action)


async def _record(connection: AsyncConnection, user_id: UUID, staff_id: UUID | None, action: Action) -> None:
    await repository.record(connection, user_id, staff_id, action)
    fields = {"action": action, "user_id": str(user_id), "staff_id": None if staff_id is None else str(staff_id)}
    logger.info("recovery", extra={"fields": fields})
