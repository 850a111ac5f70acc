"""The ledger's side of an extract: schema `accounts` of the bank, read as role `extractor`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from pipelines.database import Connection
from pipelines.extract.errors import StartUnknown

TRANSACTION_COLUMNS = tuple("id transfer_id account_id counterparty amount balance_after sequence at".split())
ACCOUNT_COLUMNS = tuple("id type currency total last_sequence approved opened_at closed_at".split())
# Long enough that a warehouse put back from a backup still finds its receipt.
KEEP_RECEIPTS = "30 days"
ATTEMPTS = 5
COLUMNS = {"transaction": TRANSACTION_COLUMNS, "account": ACCOUNT_COLUMNS}
BETWEEN = {
    "transaction": "at >= {start} and at < {end}",
    "account": "id in (select account_id from accounts.transaction where at >= {start} and at < {end}) "
    "or opened_at >= {start} and opened_at < {end} or closed_at >= {start} and closed_at < {end}",
}

# Only transactions of this database count. Transaction ids are given out by the cluster, so a snapshot lists
# writers of every database in it; but a session is bound to one database for life, and a prepared transaction
# belongs to the one it was prepared in, so those elsewhere (dbt's in the warehouse, Dagster's) can never add a row
# to this ledger. Counting them would let any long job next door hold the statistics back.
ACTIVITY = """
    select * from pg_stat_activity
    where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
"""
WRITERS = f"select min(xact_start), count(*) filter (where xact_start is null) from ({ACTIVITY}) as writer"
PREPARED = "select count(*) from pg_prepared_xacts where database = current_database()"


@dataclass(frozen=True)
class Summary:
    """What the source says of itself. `totals`: currency → sum of all accounts, minor units, as text."""

    totals: dict[str, str]
    accounts: int
    transactions: int


def raise_floor(source: Connection) -> tuple[datetime, datetime | None]:
    """Raise the floor before which the ledger dates nothing any more, whatever its clock says from now on.

    Gives the floor, which is the clock unless that was set back, and the moment through which an extract found
    everything before, if there was one.
    """
    row = source.execute("select at, complete_through from accounts.raise_floor()").fetchone()
    assert row is not None
    return row[0], row[1]


def next_floor(source: Connection) -> datetime:
    """Where the floor would be if it were raised now."""
    row = source.execute("select accounts.next_floor(at) from accounts.extract_floor").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def read_complete_through(source: Connection, floor: datetime, previous: datetime | None) -> datetime:
    """The moment before which nothing can still arrive, given that the snapshot is taken *after* this call.

    It is the least of the floor and the start of every transaction that writes. A movement takes its time after
    its transaction got an id. So a writer that the snapshot won't show either had its id when we looked: then its
    movement is not older than its start, which we count; or it got its id later: then its movement is not older
    than the floor, raised before. Looking after the snapshot would miss a writer that ended in between.

    A prepared transaction no longer tells when it began, only when it was prepared, which is later than its
    movements; but it can't undercut `previous`, which already held when it was open. So completeness stands still.
    Nor can anybody else undercut `previous`, although a start may lie before it (an id can be taken late, and the
    clock be set back): it comes from an extract that raised the floor to no less.

    Raises StartUnknown when a writer's start can't be seen.
    """
    for _ in range(ATTEMPTS):
        row = source.execute(WRITERS).fetchone()
        assert row is not None
        first_start, unknown = row
        # A session that begins a transaction while we look can show an id and no start yet, but not twice.
        if not unknown:
            break
    else:
        raise StartUnknown(
            "A transaction writes in the source whose start can't be seen. "
            "The extractor's role needs pg_read_all_stats, and track_activities must be on."
        )
    # After the writers: a transaction on its way from running to prepared is then seen in at least one place.
    prepared = source.execute(PREPARED).fetchone()
    assert prepared is not None
    if prepared[0] and previous is None:
        raise StartUnknown(
            f"{prepared[0]} prepared transactions are open in the source (pg_prepared_xacts), and without an "
            "earlier batch nothing bounds when they began: commit or roll them back first."
        )
    if prepared[0] and previous is not None:
        return previous
    horizon = min(floor, first_start) if first_start else floor
    return max(horizon, previous) if previous else horizon


def oldest_writer(source: Connection, *, older_than_s: int) -> str | None:
    """The transaction that holds `complete_through` back, if one has been open for so long: who, and since when.

    Not what it runs, which may hold what is nobody's business.
    """
    row = source.execute(
        "select * from ("
        "select xact_start, format('process %%s (%%s, role %%s, %%s)', pid, "
        "coalesce(nullif(application_name, ''), 'no application name'), usename, state) "
        f"from ({ACTIVITY}) as writer "
        "union all select prepared, format('prepared transaction %%s of role %%s', gid, owner) "
        "from pg_prepared_xacts where database = current_database()"
        ") as holder (since, who) where since < now() - %s * interval '1 second' order by since limit 1",
        (older_than_s,),
    ).fetchone()
    if row is None:
        return None
    return (
        f"complete_through is held by a transaction that has been writing in the bank's database since "
        f"{row[0]:%Y-%m-%d %H:%M:%S} UTC: {row[1]}. It ends with pg_terminate_backend, or by itself."
        if row[1].startswith("process")
        else f"complete_through is held by a transaction of {row[0]:%Y-%m-%d %H:%M:%S} UTC: {row[1]}."
        " Commit it or roll it back."
    )


def knows(source: Connection, receipt: UUID, xid: str) -> bool:
    """Whether the source holds this receipt, in the row that transaction `xid` wrote.

    A source put back in time lacks the receipt. A dump brings it along into another cluster, written by another
    transaction: there ids begin anew, and a snapshot of the old cluster would hide what is new.
    """
    query = "select xmin::text from accounts.extract_receipt where id = %s"
    return source.execute(query, (receipt,)).fetchone() == (xid,)


def leave_receipt(source: Connection, receipt: UUID, complete_through: datetime) -> str:
    """Commit a receipt; the id of its transaction. Call it outside a transaction.

    It is dated after every account's id, by which an import knows which accounts extracts have seen.
    """
    source.execute("select accounts.keep_complete_through(%s)", (complete_through,))
    row = source.execute(
        "insert into accounts.extract_receipt (id, created_at) select %s, greatest(now(), "
        "uuid_extract_timestamp((select id from accounts.account order by id desc limit 1))) "
        "returning xmin::text",
        (receipt,),
    ).fetchone()
    assert row is not None
    return str(row[0])


def prune_receipts(source: Connection, last: UUID) -> None:
    """Delete receipts too old for any warehouse to name; never `last`."""
    source.execute(
        f"delete from accounts.extract_receipt where created_at < now() - interval '{KEEP_RECEIPTS}' and id <> %s",
        (last,),
    )


def current_snapshot(source: Connection) -> str:
    """The snapshot of the current transaction, as text."""
    row = source.execute("select pg_current_snapshot()::text").fetchone()
    assert row is not None
    return str(row[0])


def foreign_xid(source: Connection) -> str | None:
    """The highest id of those visible transaction rows whose writer the current snapshot does not show.

    Such ids came with the rows from another cluster, by a dump. The source will give them out again, to others.
    """
    row = source.execute(
        "select xid::text from accounts.transaction where xid >= pg_snapshot_xmin(pg_current_snapshot()) "
        "and not pg_visible_in_snapshot(xid, pg_current_snapshot()) order by xid desc limit 1"
    ).fetchone()
    return row[0] if row else None


def is_ahead(source: Connection, xid: str, snapshot: str) -> bool:
    """Whether an id was still to be given out when `snapshot` was taken."""
    row = source.execute("select %s::xid8 >= pg_snapshot_xmin(%s::pg_snapshot)", (xid, snapshot)).fetchone()
    assert row is not None
    return bool(row[0])


def summarise(source: Connection) -> Summary:
    """What the accounts add up to, in the current transaction's snapshot."""
    rows = source.execute(
        "select currency, sum(total)::text, count(*), sum(last_sequence)::bigint "
        "from accounts.account group by currency"
    ).fetchall()
    return Summary(
        totals={currency: total for currency, total, _, _ in rows},
        accounts=sum(row[2] for row in rows),
        transactions=sum(row[3] for row in rows),
    )


def new_rows(table: str, since: str | None, batch_id: int) -> sql.Composed:
    """Query for the rows of accounts.`table` that the snapshot `since` did not show, with the batch they go into.

    The comparison with the snapshot's xmin lets an index find them; the function settles the edge. Ids that are
    still to be given out came from another cluster, with rows that a full read has carried.
    """
    condition: sql.Composable = sql.SQL("true")
    if since is not None:
        condition = sql.SQL(
            "xid >= pg_snapshot_xmin({since}::pg_snapshot) "
            "and not pg_visible_in_snapshot(xid, {since}::pg_snapshot) "
            "and xid < pg_snapshot_xmax(pg_current_snapshot())"
        ).format(since=sql.Literal(since))
    return _rows(table, condition, batch_id)


def has_new(source: Connection, since: str) -> bool:
    """Whether `new_rows` of either table would give anything; a look at the ends of two indexes."""
    queries = [sql.SQL("exists ({})").format(new_rows(table, since, 0)) for table in COLUMNS]
    row = source.execute(sql.SQL("select {}").format(sql.SQL(" or ").join(queries))).fetchone()
    assert row is not None
    return bool(row[0])


def rows_between(table: str, start: datetime, end: datetime, batch_id: int) -> sql.Composed:
    """Query for the transactions of [start, end), or the accounts that moved, opened or closed then.

    Nothing indexes time in the ledger, so it reads the whole of it: a matter of seconds, and of a backfill alone.
    """
    condition = sql.SQL(BETWEEN[table]).format(start=sql.Literal(start), end=sql.Literal(end))
    return _rows(table, condition, batch_id)


def _rows(table: str, condition: sql.Composable, batch_id: int) -> sql.Composed:
    return sql.SQL("select {columns}, {batch_id}::bigint from accounts.{table} where {condition}").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table])),
        batch_id=sql.Literal(batch_id),
        table=sql.Identifier(table),
        condition=condition,
    )
