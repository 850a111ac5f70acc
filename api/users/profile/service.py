"""Creates, shows and changes users.

A data key is made before the row that needs it: a crash in between leaves a key without a row.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec

from api.shared.auth import ENDED
from api.shared.database import AsyncEngine
from api.shared.errors import Conflict, TooManyRequests, Unauthenticated
from api.shared.roles import rights_of
from api.users.crypto.data_keys import DataKeys
from api.users.crypto.ids import uuid7
from api.users.crypto.index import Index
from api.users.errors import EmailTaken, PasswordRequired
from api.users.passwords import throttle
from api.users.passwords.hashing import Hasher
from api.users.passwords.policy import check_password
from api.users.people import repository as people
from api.users.people.terms import term_digests
from api.users.profile import repository
from api.users.profile.confirmation import Confirmation
from api.users.profile.personal import Personal, fetch_key, open_row, seal
from api.users.profile.repository import UserRow
from api.users.profile.schemas import UpdateUser, User
from api.users.sessions import repository as sessions
from api.users.validation import normal_email, normal_name, normal_phone


class ProfileService:
    """See the module."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        index: Index,
        data_keys: DataKeys,
        hasher: Hasher,
        confirmation: Confirmation,
    ) -> None:
        self._engine = engine
        self._index = index
        self._data_keys = data_keys
        self._hasher = hasher
        self._confirmation = confirmation

    async def create(self, *, name: str, email: str, phone: str, password: str, address: str) -> User:
        """A new user, not approved.

        Raises ValueRefused, EmailTaken, and TooManyRequests for who asks after many emails that are taken.
        """
        self._hasher.require_room()
        personal = Personal(normal_name(name), normal_email(email), normal_phone(phone))
        check_password(password, (personal.name, personal.email, personal.phone))
        async with self._engine.begin() as connection:
            keys = await self._index.load(connection)
            buckets = [(keys.digest("sign-up", address), throttle.SIGN_UPS)]
            if not await throttle.count_attempt(connection, buckets):
                raise TooManyRequests
        row = await self._insert(personal, await self._hasher.hash(password), approved=False, roles=())
        async with self._engine.begin() as connection:
            await throttle.take_back(connection, buckets)
        return _user(row, personal)

    async def add(
        self,
        personal: Personal,
        password: str | None,
        *,
        approved: bool,
        roles: Sequence[str],
        password_hours: int | None = None,
    ) -> UUID:
        """A user made from the command line; without a password nobody can sign in. Raises EmailTaken.

        After `password_hours` the password opens nothing any more, unless the user has changed it by then.
        """
        password_hash = None if password is None else await self._hasher.hash(password)
        row = await self._insert(
            personal, password_hash, approved=approved, roles=roles, password_hours=password_hours
        )
        return row.id

    async def find(self, email: str) -> UUID | None:
        """The id of the user with this email."""
        async with self._engine.begin() as connection:
            keys = await self._index.load(connection)
            return await repository.find(connection, keys.email_digests(normal_email(email)))

    async def grant_roles(self, user_id: UUID, roles: Sequence[str]) -> None:
        """Adds roles to a user, who then counts as approved; a code for a new password is worthless then."""
        async with self._engine.begin() as connection:
            await repository.get(connection, user_id, for_update=True)
            await sessions.drop_reset_code(connection, user_id)
            await repository.grant_roles(connection, user_id, roles)

    async def me(self, user_id: UUID) -> User:
        """The user as they see themself. Raises Unreadable when the stored data cannot be decrypted."""
        async with self._engine.begin() as connection:
            row = await repository.get(connection, user_id)
        if row is None:
            raise Unauthenticated
        return _user(row, await open_row(self._data_keys, row))

    async def update(self, user_id: UUID, session_id: UUID, change: UpdateUser) -> User:
        """Changes what is given. A new email or password ends all other sessions and program tokens.

        Raises PasswordRequired, WrongPassword, TooManyRequests, ValueRefused, EmailTaken, and Unauthenticated when
        the caller's session has ended meanwhile.
        """
        row = await self._confirmed(user_id, change)
        key = await asyncio.to_thread(fetch_key, self._data_keys, row)
        before = await open_row(self._data_keys, row)
        after = Personal(
            before.name if change.name is None else normal_name(change.name),
            before.email if change.email is None else normal_email(change.email),
            before.phone if change.phone is None else normal_phone(change.phone),
        )
        password_hash = row.password_hash
        if change.new_password is not None:
            check_password(change.new_password, (after.name, after.email, after.phone), field="new_password")
            password_hash = await self._hasher.hash(change.new_password)
        async with self._engine.begin() as connection:
            keys = await self._index.load(connection, for_writing=True)
            locked = await repository.get(connection, user_id, for_update=True)
            if locked is None:
                raise Unauthenticated(ENDED)
            await sessions.require_live(connection, session_id)
            if locked.sealed != row.sealed or locked.password_hash != row.password_hash:
                raise Conflict("The profile was changed elsewhere meanwhile. Look at it and try again.")
            values = {**seal(key, after), "password_hash": password_hash}
            has_other_email = after.email != before.email
            digests = keys.email_digests(after.email) if has_other_email else None
            await repository.update(connection, user_id, values, digests)
            await people.write_terms(connection, user_id, term_digests(keys, after))
            if has_other_email or change.new_password is not None:
                await sessions.delete_all(connection, user_id, but=session_id)
        if change.new_password is not None:
            locked = msgspec.structs.replace(locked, password_expires_at=None)
        return _user(locked, after)

    async def _confirmed(self, user_id: UUID, change: UpdateUser) -> UserRow:
        """The user, who has proved to be themself unless nothing but the name is to change."""
        if change.current_password is not None:
            return await self._confirmation.confirm(user_id, change.current_password)
        if (change.email, change.phone, change.new_password) != (None, None, None):
            raise PasswordRequired("Email, phone and password change only with `current_password`.")
        async with self._engine.begin() as connection:
            row = await repository.get(connection, user_id)
        if row is None:
            raise Unauthenticated
        return row

    async def _insert(
        self,
        personal: Personal,
        password_hash: str | None,
        *,
        approved: bool,
        roles: Sequence[str],
        password_hours: int | None = None,
    ) -> UserRow:
        user_id = uuid7()
        key = await asyncio.to_thread(self._data_keys.create, user_id)
        try:
            async with self._engine.begin() as connection:
                keys = await self._index.load(connection, for_writing=True)
                values = {
                    "id": user_id,
                    "data_key_id": key.id,
                    "password_hash": password_hash,
                    "password_hours": password_hours,
                    "roles": list(roles),
                    "approved": approved,
                    **seal(key, personal),
                }
                await repository.insert(connection, values, keys.email_digests(personal.email))
                await people.write_terms(connection, user_id, term_digests(keys, personal), is_new=True)
                row = await repository.get(connection, user_id)
        except EmailTaken:
            await asyncio.to_thread(self._data_keys.destroy, user_id)
            raise
        assert row is not None
        return row


def _user(row: UserRow, personal: Personal) -> User:
    return User(
        user_id=row.id,
        name=personal.name,
        email=personal.email,
        phone=personal.phone,
        approved=row.approved_at is not None,
        photo_status=row.photo_status,
        photo_reason=row.photo_reason,
        roles=list(row.roles),
        rights=sorted(rights_of(row.roles)),
        created_at=row.created_at,
        password_expires_at=row.password_expires_at,
    )
