"""Reads published statistics. Each function is one statement, and so of one moment: a publication that lands
meanwhile is either in all that it returns or in nothing of it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from api.shared.database import AsyncConnection, Statement, text
from api.stats.models import (
    Access,
    BankQuery,
    BankSnapshot,
    CatalogueSnapshot,
    ListedAccount,
    PipelineSnapshot,
    Reader,
    StatusSnapshot,
    Transaction,
)

T = TypeVar("T")

PUBLICATION = """
publication as (
    select run_id, complete_through, time_zone from pipeline.current_publication
)"""

# The statistics know an account from its first publication on, its owners from its opening on.
WANTED_ACCOUNTS = """
account as (
    select
        wanted.account_id,
        a.opened_at,
        a.closed_at,
        own.account_id is not null as is_own
    from unnest(cast(:account_ids as uuid[])) as wanted (account_id)
    left join stats.account a on a.account_id = wanted.account_id
    left join accounts.account_access own on own.account_id = wanted.account_id and own.user_id = :user_id
    where own.account_id is not null
        or :reads_all and (
            a.account_id is not null
            or exists (select from accounts.account_access x where x.account_id = wanted.account_id)
        )
)"""

_LISTED = (
    "select l.account_id, l.number, l.type, l.currency, l.opened_at, l.closed_at from accounts.account_listing l"
)
_OWN_LISTED = text(f"""
{_LISTED} join accounts.account_access own on own.account_id = l.account_id
where own.user_id = :user_id and l.account_id > :after order by l.account_id limit :limit
""")
_EVERY_LISTED = text(f"{_LISTED} where l.account_id > :after order by l.account_id limit :limit")

_ACCESS = text(f"""
with {PUBLICATION}, {WANTED_ACCOUNTS}
select cast(json_build_object(
    'publication', (select to_json(p) from publication p),
    'is_own', account.is_own
) as text)
from account
""")

# The first row at or after a moment is searched for by halving, since an account's rows are in order of time by
# their sequence, which has no gaps: some twenty index look-ups, however long the history.
_TRANSACTIONS = text("""
with recursive ends as (
    select sequence + 1 as high
    from accounts.statement where account_id = :account_id order by sequence desc limit 1
),
search (low, high) as (
    select cast(:after as bigint), high from ends
    union all
    select
        case when s.at < :starts_at then s.sequence else search.low end,
        case when s.at < :starts_at then search.high else s.sequence end
    from search
    join accounts.statement s
        on s.account_id = :account_id and s.sequence = search.low + (search.high - search.low) / 2
    where search.high - search.low > 1
),
page as (
    select *
    from accounts.statement
    where account_id = :account_id and sequence >= (select min(high) from search)
    order by sequence
    limit :limit
)
select id, transfer_id, account_id, "from" as source, "to" as destination, amount, balance_after, sequence, at,
    case when :sees_memos then memo end as memo
from page
where at < :ends_at
order by sequence
""")

_BANK = text(f"""
with {PUBLICATION},
page as (
    select date, currency, metrics
    from stats.bank_daily
    where date between :first and :last and (date, currency) > (:after_date, :after_currency)
        and (cast(:currency as text) is null or currency = :currency)
    order by date, currency
    limit :limit
)
select cast(json_build_object(
    'publication', (select to_json(p) from publication p),
    'rows', (select coalesce(json_agg(r), '[]') from page r)
) as text)
""")

_CATALOGUE = text(f"""
with {PUBLICATION}
select cast(json_build_object(
    'publication', (select to_json(p) from publication p),
    'metrics', (select coalesce(json_agg(m order by m.position, m.name), '[]') from stats.metric m)
) as text)
""")

_STATUS = text(f"""
with {PUBLICATION}
select cast(json_build_object(
    'publication', (select to_json(p) from publication p),
    'lag_s', (select extract(epoch from clock_timestamp() - p.complete_through) from publication p),
    'finished', (
        select to_json(r) from pipeline.run_report r where r.outcome <> 'running'
        order by r.started_at desc limit 1
    ),
    'started', (select to_json(r) from pipeline.run_report r order by r.started_at desc limit 1),
    'alert', (select to_json(a) from pipeline.alert_report a order by a.id desc limit 1),
    'history', (select to_json(h) from pipeline.history_report h)
) as text)
""")

_PIPELINE = text("""
with runs as (select * from pipeline.run_report order by started_at desc limit :runs),
alerts as (select * from pipeline.alert_report order by resolved_at is not null, id desc limit :alerts)
select cast(json_build_object(
    'runs', (select coalesce(json_agg(r order by r.started_at desc), '[]') from runs r),
    'alerts', (select coalesce(json_agg(a order by a.resolved_at is not null, a.id desc), '[]') from alerts a)
) as text)
""")


async def read(
    connection: AsyncConnection, statement: Statement, answer: type[T], parameters: Mapping[str, Any]
) -> T | None:
    """The one JSON document that a statement returns, decoded into the type; None where it returns no row."""
    document = await connection.value(statement, parameters)
    return None if document is None else msgspec.json.decode(document, type=answer)


def who(reader: Reader, account_ids: list[UUID]) -> dict[str, Any]:
    """The parameters of WANTED_ACCOUNTS."""
    return {"user_id": reader.user_id, "reads_all": reader.reads_all, "account_ids": account_ids}


async def read_accounts(
    connection: AsyncConnection, reader: Reader, *, after: UUID | None, limit: int
) -> list[ListedAccount]:
    """The accounts that the reader may read, by id, closed ones too."""
    parameters: dict[str, Any] = {"after": after or UUID(int=0), "limit": limit}
    if not reader.reads_all:
        parameters["user_id"] = reader.user_id
    statement = _EVERY_LISTED if reader.reads_all else _OWN_LISTED
    return [ListedAccount(*row) for row in await connection.rows(statement, parameters)]


async def read_access(connection: AsyncConnection, reader: Reader, account_id: UUID) -> Access | None:
    """How the reader may read an account, and the newest publication; None if they may not."""
    return await read(connection, _ACCESS, Access, who(reader, [account_id]))


async def read_transactions(
    connection: AsyncConnection,
    account_id: UUID,
    between: tuple[datetime, datetime],
    *,
    after: int,
    limit: int,
    sees_memos: bool,
) -> list[Transaction]:
    """An account's transactions in [start, end), those after a sequence number, at most `limit`, oldest first."""
    parameters = {
        "account_id": account_id,
        "starts_at": between[0],
        "ends_at": between[1],
        "after": after,
        "limit": limit,
        "sees_memos": sees_memos,
    }
    return [Transaction(*row) for row in await connection.rows(_TRANSACTIONS, parameters)]


async def read_bank(connection: AsyncConnection, query: BankQuery) -> BankSnapshot:
    """One page of the bank's days, and one row more if another page follows."""
    after_date, after_currency = query.after or (date.min, "")
    snapshot = await read(
        connection,
        _BANK,
        BankSnapshot,
        {
            "first": query.first,
            "last": query.last,
            "currency": query.currency,
            "after_date": after_date,
            "after_currency": after_currency,
            "limit": query.limit + 1,
        },
    )
    assert snapshot is not None
    return snapshot


async def read_catalogue(connection: AsyncConnection) -> CatalogueSnapshot:
    """Every statistic, in the catalogue's order."""
    snapshot = await read(connection, _CATALOGUE, CatalogueSnapshot, {})
    assert snapshot is not None
    return snapshot


async def read_status(connection: AsyncConnection) -> StatusSnapshot:
    """How fresh the statistics are and how the pipeline's runs went."""
    snapshot = await read(connection, _STATUS, StatusSnapshot, {})
    assert snapshot is not None
    return snapshot


async def read_pipeline(connection: AsyncConnection, *, runs: int, alerts: int) -> PipelineSnapshot:
    """So many of the newest runs and alerts."""
    snapshot = await read(connection, _PIPELINE, PipelineSnapshot, {"runs": runs, "alerts": alerts})
    assert snapshot is not None
    return snapshot
