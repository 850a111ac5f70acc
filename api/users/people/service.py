"""Finds people for staff, and shows them."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec

from api.shared.database import AsyncConnection, AsyncEngine
from api.shared.errors import NotFound, ValueRefused
from api.shared.pages import Page, decode_cursor, page_of
from api.users.crypto.data_keys import DataKeys
from api.users.crypto.fields import Unreadable
from api.users.crypto.index import Index, IndexKeys
from api.users.people import repository
from api.users.people.schemas import FindPeople, FoundPerson, PastDecision, PersonRecord
from api.users.people.terms import name_words, term_digests
from api.users.profile import repository as users
from api.users.profile.personal import open_row
from api.users.profile.repository import UserRow
from api.users.validation import normal_email, normal_name, normal_phone

BATCH = 200
_NOBODY = UUID(int=0)


class PeopleService:
    """See the module. Names, emails and phones are compared as keyed digests, never in clear."""

    def __init__(self, engine: AsyncEngine, index: Index, data_keys: DataKeys) -> None:
        self._engine = engine
        self._index = index
        self._data_keys = data_keys

    async def find(
        self, connection: AsyncConnection, wanted: FindPeople, limit: int, cursor: str | None
    ) -> Page[FoundPerson]:
        """Who has this email, this phone, or all these words in their name; by id. Raises ValueRefused."""
        (after,) = decode_cursor(cursor, tuple[UUID]) or (_NOBODY,)
        keys = await self._index.load(connection)
        rows = await self._rows(connection, keys, wanted, after, limit + 1)
        page = page_of(rows, limit, lambda row: (row.id,))
        people = await asyncio.gather(*(self._person(row) for row in page.items))
        return Page([person for person in people if person is not None], page.next_cursor)

    async def record(self, connection: AsyncConnection, user_id: UUID) -> PersonRecord:
        """One user with the decisions about them. Raises NotFound."""
        row = await users.get(connection, user_id)
        if row is None:
            raise NotFound
        personal = await open_row(self._data_keys, row)
        decisions = await repository.decisions(connection, user_id)
        return PersonRecord(
            **_shown(row, msgspec.structs.asdict(personal)),
            photo_reason=row.photo_reason,
            decisions=[
                PastDecision(each.decision, each.reason, each.reviewer_id, each.decided_at) for each in decisions
            ],
        )

    async def complete_index(self) -> None:
        """Makes findable who was there before there was such an index. Then it does nothing."""
        after = _NOBODY
        while True:
            async with self._engine.begin() as connection:
                missing = await repository.without_terms(connection, after=after, limit=BATCH)
            for user_id in missing:
                async with self._engine.begin() as connection:
                    keys = await self._index.load(connection, for_writing=True)
                    row = await users.get(connection, user_id, for_update=True)
                    if row is None:
                        continue
                    try:
                        personal = await open_row(self._data_keys, row)
                    except Unreadable:
                        continue
                    await repository.write_terms(connection, user_id, term_digests(keys, personal))
            if len(missing) < BATCH:
                return
            after = missing[-1]

    async def _rows(
        self, connection: AsyncConnection, keys: IndexKeys, wanted: FindPeople, after: UUID, limit: int
    ) -> list[UserRow]:
        given = [value for value in (wanted.name, wanted.email, wanted.phone) if value is not None]
        if len(given) != 1:
            raise ValueRefused("email", "give one of name, email and phone")
        if wanted.email is not None:
            user_id = await users.find(connection, keys.email_digests(normal_email(wanted.email)))
            row = None if user_id is None or user_id <= after else await users.get(connection, user_id)
            return [] if row is None else [row]
        if wanted.phone is not None:
            terms = [("phone", normal_phone(wanted.phone))]
        else:
            terms = [("name", word) for word in name_words(normal_name(wanted.name or ""))]
        digests = [digest for kind, value in terms for digest in keys.digests(kind, value).values()]
        return await repository.find(connection, digests, terms=len(terms), after=after, limit=limit)

    async def _person(self, row: UserRow) -> FoundPerson | None:
        try:
            personal = await open_row(self._data_keys, row)
        except Unreadable:
            return None
        return FoundPerson(**_shown(row, msgspec.structs.asdict(personal)))


def _shown(row: UserRow, personal: dict[str, Any]) -> dict[str, Any]:
    return {
        "user_id": row.id,
        **personal,
        "approved": row.approved_at is not None,
        "photo_status": row.photo_status,
        "roles": list(row.roles),
        "created_at": row.created_at,
    }
