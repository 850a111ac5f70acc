"""What a reader is answered: the events after their cursor, and where to go on."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from api.events import repository
from api.events.catalogue import EVENT_TYPES, Audience
from api.events.cursor import Cursor, Place, Snapshot, read_cursor
from api.events.repository import Fact, Found, Query
from api.events.schemas import Event, Events
from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.errors import NotFound
from api.shared.pages import InvalidCursor
from api.shared.roles import Right


async def read(
    connection: AsyncConnection,
    principal: Principal,
    after: str | None,
    account_id: UUID | None,
    types: Collection[str],
    limit: int,
) -> Events:
    """One page. Raises NotFound for an account that the reader may not read, InvalidCursor."""
    cursor = read_cursor(after, principal.user_id)
    is_person = principal.scope == "bank"
    sees_accounts = is_person and principal.may(Right.READ_ACCOUNTS)
    query = Query(
        cursor=cursor,
        account_id=account_id,
        reads_all=principal.may(Right.READ_STATISTICS),
        own_types=_of(types, {"statistics", "account"} if is_person else {"statistics"}),
        other_types=_of(types, {"statistics", "account"} if sees_accounts else {"statistics"}),
        # Whoever names an account asks for nothing else.
        user_types=[]
        if account_id is not None
        else _of(types, {"user", "everybody"} if is_person else {"everybody"}),
        limit=limit,
    )
    found = await repository.read(connection, query)
    if not found.is_readable:
        raise NotFound()
    if found.is_ahead:
        raise InvalidCursor()
    has_more = len(found.facts) > limit
    facts = found.facts[:limit]
    following = _after(cursor, found, facts[-1] if has_more else None)
    # Postings and reversals are read together, since an account has them in one order.
    return Events([_event(fact) for fact in facts if fact.type in types], following.write(), has_more)


def _of(types: Collection[str], audiences: set[Audience]) -> list[str]:
    return [name for name in types if EVENT_TYPES[name].audience in audiences]


def _after(cursor: Cursor, found: Found, last: Fact | None) -> Cursor:
    """Where a page ends: at its last fact, or at all that there is."""
    until = Snapshot.parse(found.until)
    if last is not None and last.rank == 1:
        place = Place(last.account_id, last.sequence, last.ordinal)
        return msgspec.structs.replace(cursor, until=until, place=place)
    return Cursor(
        cursor.user_id,
        since=until,
        decided=last.sequence if last is not None and last.rank == 2 else found.decided,
        published=_published(cursor, found, last),
    )


def _published(cursor: Cursor, found: Found, last: Fact | None) -> int:
    if last is None:
        return found.published
    return last.sequence if last.rank == 3 else cursor.published


def _event(fact: Fact) -> Event:
    return Event(
        id=fact.id,
        source=EVENT_TYPES[fact.type].source,
        type=fact.type,
        subject=fact.id if fact.rank == 3 else str(fact.account_id),
        time=fact.at,
        data=fact.data,
    )
