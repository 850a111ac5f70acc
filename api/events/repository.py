"""Reads facts as events, in one statement and so of one moment, through the views that their services publish."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.events.cursor import Cursor
from api.shared.database import AsyncConnection, text

# An account's events are ordered by how many movements it had by then, and among these by ordinals, whatever
# clocks say; accounts by id. Each source gives a page at most.
_FACTS = """
allowed as (
    select own.account_id, true as is_own
    from accounts.account_access own
    where own.user_id = :user_id and own.account_id = coalesce(:account_id, own.account_id)
    union all
    select l.account_id, false
    from accounts.account_listing l
    where :reads_all and l.account_id = :account_id
        and not exists (
            select from accounts.account_access own
            where own.account_id = l.account_id and own.user_id = :user_id
        )
),
asked as materialized (
    select
        cast(:since as pg_snapshot) as since,
        coalesce(cast(:until as pg_snapshot), pg_current_snapshot()) as until
),
account as materialized (
    select
        allowed.account_id,
        allowed.is_own,
        allowed.account_id = :place_account as is_begun,
        accounts.entries_shown(allowed.account_id, asked.since) as first,
        accounts.entries_shown(allowed.account_id, asked.until) as last
    from allowed cross join asked
    where allowed.account_id >= :place_account
),
entry as (
    select
        1 as rank,
        e.account_id,
        e.sequence,
        cast(0 as bigint) as ordinal,
        cast(e.id as text) as id,
        e.type,
        e.at,
        e.data
    from (select * from account order by account_id) a
    cross join lateral (
        select *
        from accounts.entry_event e
        where e.account_id = a.account_id and e.sequence <= a.last
            and e.sequence > greatest(a.first, case when a.is_begun then :place_sequence else 0 end)
        order by e.sequence
        limit :limit
    ) e
    where :wants_entries
    order by a.account_id, e.sequence
    limit :limit
),
told as (
    select 1, e.account_id, e.sequence, e.ordinal, cast(e.id as text), e.type, e.at, e.data
    from account a
    cross join asked
    join accounts.account_event e on e.account_id = a.account_id
    where e.type = any(case when a.is_own then cast(:own_types as text[]) else cast(:other_types as text[]) end)
        and pg_visible_in_snapshot(e.xid, asked.until)
        and pg_visible_in_snapshot(e.xid, asked.since) is not true
        and not (a.is_begun and (e.sequence, e.ordinal) <= (:place_sequence, :place_ordinal))
    order by e.account_id, e.sequence, e.ordinal
    limit :limit
),
decision as (
    select 2, d.user_id, cast(d.sequence as bigint), cast(0 as bigint), cast(d.id as text), d.type, d.at, d.data
    from users.event d
    where d.user_id = :user_id and d.sequence > :decided and d.type = any(cast(:user_types as text[]))
    order by d.sequence
    limit :limit
),
publication as (
    select 3, cast(:user_id as uuid), p.sequence, cast(0 as bigint), p.id, 'publication.published', p.at, p.data
    from pipeline.event p
    where :wants_publications and p.sequence > :published
    order by p.sequence
    limit :limit
)"""

_READ = text(f"""
with {_FACTS},
fact as (
    select * from entry
    union all
    select * from told
    union all
    select * from decision
    union all
    select * from publication
    order by 1, 2, 3, 4
    limit :limit
)
select cast(json_build_object(
    'until', (select cast(until as text) from asked),
    'is_ahead', (
        select coalesce(pg_snapshot_xmax(greatest_seen) > pg_snapshot_xmax(pg_current_snapshot()), false)
        from (select coalesce(cast(:until as pg_snapshot), since) as greatest_seen from asked)
    ),
    'is_readable', cast(:account_id as uuid) is null or exists (select from allowed),
    'decided', (select coalesce(max(sequence), 0) from users.event where user_id = :user_id),
    'published', (select coalesce(max(sequence), 0) from pipeline.event),
    'facts', (select coalesce(json_agg(f order by rank, account_id, sequence, ordinal), '[]') from fact f)
) as text)
""")


class Query(msgspec.Struct, frozen=True):
    """What a reader asks for: at most `limit` facts after their cursor, of the types that they may know of.

    `account_id`: of this account alone; with `reads_all` it need not be the reader's own.
    """

    cursor: Cursor
    account_id: UUID | None
    reads_all: bool
    own_types: Collection[str]
    other_types: Collection[str]
    user_types: Collection[str]
    limit: int


class Fact(msgspec.Struct, frozen=True):
    """One event where it stands in the order: `rank` 1 of accounts, 2 of the user, 3 of publications."""

    rank: int
    account_id: UUID
    sequence: int
    ordinal: int
    id: str
    type: str
    at: datetime
    data: dict[str, Any]


class Found(msgspec.Struct, frozen=True):
    """Facts in order, one more than asked for if there is one, and how far each kind goes as of this moment.

    `is_ahead`: the cursor comes from a future that this database does not know, so it was put back from a backup.
    """

    until: str
    is_ahead: bool
    is_readable: bool
    decided: int
    published: int
    facts: list[Fact]


async def read(connection: AsyncConnection, query: Query) -> Found:
    """What there is for a reader."""
    cursor = query.cursor
    document = await connection.value(
        _READ,
        {
            "user_id": cursor.user_id,
            "account_id": query.account_id,
            "reads_all": query.reads_all,
            "since": cursor.since and cursor.since.text(),
            "until": cursor.until and cursor.until.text(),
            "place_account": cursor.place.account_id,
            "place_sequence": cursor.place.sequence,
            "place_ordinal": cursor.place.ordinal,
            "decided": cursor.decided,
            "published": cursor.published,
            "own_types": list(query.own_types),
            "other_types": list(query.other_types),
            "user_types": list(query.user_types),
            "wants_entries": any(name.startswith("transfer.") for name in query.own_types),
            "wants_publications": "publication.published" in query.user_types,
            "limit": query.limit + 1,
        },
    )
    return msgspec.json.decode(document, type=Found)
