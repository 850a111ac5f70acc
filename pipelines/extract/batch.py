"""The warehouse's side of an extract: schema `raw`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from pipelines.database import Connection
from pipelines.errors import NothingExtracted
from pipelines.extract.source import ACCOUNT_COLUMNS, TRANSACTION_COLUMNS, Summary


@dataclass(frozen=True)
class Batch:
    """One extract: what it carried and up to which moment the ledger's copy is complete with it.

    `foreign_xid`: rows of the source up to this id may come from another cluster, by a dump, and be in the copy
    already; None once the source's own ids have passed it.
    """

    batch_id: int
    snapshot: str
    receipt: UUID
    receipt_xid: str
    complete_through: datetime
    transaction_rows: int
    account_rows: int
    foreign_xid: str | None


def last_batch(warehouse: Connection) -> Batch | None:
    """The newest batch; None before the first."""
    row = warehouse.execute(
        "select batch_id, snapshot, receipt, receipt_xid, complete_through, transaction_rows, account_rows, "
        "foreign_xid from raw.batch order by batch_id desc limit 1"
    ).fetchone()
    return Batch(*row) if row else None


def newest_batch(warehouse: Connection) -> Batch:
    """The newest batch. Raises NothingExtracted before the first."""
    batch = last_batch(warehouse)
    if batch is None:
        raise NothingExtracted()
    return batch


def oldest_left_out(warehouse: Connection, complete_through: datetime) -> datetime | None:
    """The time of the oldest movement that a build up to this moment leaves out as too recent, if there is one."""
    row = warehouse.execute("select min(at) from raw.transaction where at >= %s", (complete_through,)).fetchone()
    return row[0] if row else None


def next_batch_id(warehouse: Connection) -> int:
    """An id above every earlier batch; one that fails leaves a gap."""
    row = warehouse.execute("select nextval(pg_get_serial_sequence('raw.batch', 'batch_id'))").fetchone()
    assert row is not None
    return int(row[0])


def store_batch(warehouse: Connection, batch: Batch, summary: Summary) -> None:
    """Add the batch's row."""
    warehouse.execute(
        "insert into raw.batch overriding system value values (%s, %s, %s, %s, %s, now(), %s, %s, %s, %s, %s, %s)",
        (
            *(batch.batch_id, batch.snapshot, batch.receipt, batch.receipt_xid, batch.complete_through),
            *(batch.transaction_rows, batch.account_rows, batch.foreign_xid),
            *(Jsonb(summary.totals), summary.accounts, summary.transactions),
        ),
    )


def table_with_batch(name: sql.Composable, columns: tuple[str, ...]) -> sql.Composed:
    """`name` and its columns, batch_id last, as COPY and INSERT take them."""
    return sql.SQL("{} ({})").format(name, sql.SQL(", ").join(map(sql.Identifier, (*columns, "batch_id"))))


def delta(table: str, columns: tuple[str, ...]) -> sql.Composed:
    """The temporary table that `make_delta` makes, as COPY takes it."""
    return table_with_batch(sql.Identifier("pg_temp", f"{table}_delta"), columns)


def make_delta(warehouse: Connection, table: str) -> None:
    """An empty temporary table like raw.`table`, gone with the transaction."""
    name = sql.Identifier("pg_temp", f"{table}_delta")
    warehouse.execute(sql.SQL("drop table if exists {}").format(name))
    warehouse.execute(
        sql.SQL("create temporary table {} (like {}) on commit drop").format(
            sql.Identifier(f"{table}_delta"), sql.Identifier("raw", table)
        )
    )


@contextmanager
def filling(warehouse: Connection) -> Iterator[None]:
    """Lets raw.transaction be filled as a whole: its indexes are built after that, quicker than row by row.

    It is emptied first, although nothing is in it: only then may rows come in frozen. The proofs that follow at
    once would otherwise visit each row's page to learn that the row is visible.
    """
    warehouse.execute("truncate raw.transaction")
    indexes = warehouse.execute(
        "select c.conname, i.indexrelid::regclass::text, "
        "coalesce(pg_get_constraintdef(c.oid), pg_get_indexdef(i.indexrelid)) "
        "from pg_index as i left join pg_constraint as c on c.conindid = i.indexrelid and c.contype = 'p' "
        "where i.indrelid = 'raw.transaction'::regclass order by i.indexrelid"
    ).fetchall()
    for key, index, _ in indexes:
        warehouse.execute(f"alter table raw.transaction drop constraint {key}" if key else f"drop index {index}")
    yield
    for key, _, definition in indexes:
        add = f"alter table raw.transaction add constraint {key} {definition}"
        warehouse.execute(add if key else definition)


def merge_accounts(warehouse: Connection) -> None:
    """Bring the accounts of the delta into raw.account: a later state replaces an earlier one."""
    columns = [sql.Identifier(name) for name in (*ACCOUNT_COLUMNS, "batch_id")]
    warehouse.execute(
        sql.SQL(
            "insert into {target} select {columns} from pg_temp.account_delta "
            "on conflict (id) do update set ({columns}) = row({excluded})"
        ).format(
            target=table_with_batch(sql.SQL("raw.account"), ACCOUNT_COLUMNS),
            columns=sql.SQL(", ").join(columns),
            excluded=sql.SQL(", ").join(sql.SQL("excluded.{}").format(column) for column in columns),
        )
    )


def replace_transactions(warehouse: Connection, start: datetime, end: datetime) -> None:
    """Put the transactions of the delta, all that the ledger has of [start, end), in the place of the copy's."""
    warehouse.execute(
        "delete from raw.transaction as t where t.at >= %s and t.at < %s or exists (select from "
        "pg_temp.transaction_delta as d where d.account_id = t.account_id and d.sequence = t.sequence)",
        (start, end),
    )
    add_transactions(warehouse)


def add_transactions(warehouse: Connection) -> int:
    """Add the transactions of the delta that the copy does not have; how many those are."""
    columns = (*TRANSACTION_COLUMNS, "batch_id")
    return warehouse.execute(
        sql.SQL("insert into {} select {} from pg_temp.transaction_delta on conflict do nothing").format(
            table_with_batch(sql.SQL("raw.transaction"), TRANSACTION_COLUMNS),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
        )
    ).rowcount


def rows_between(warehouse: Connection, start: datetime, end: datetime) -> int:
    """How many transactions the copy has of [start, end)."""
    row = warehouse.execute(
        "select count(*) from raw.transaction where at >= %s and at < %s", (start, end)
    ).fetchone()
    assert row is not None
    return int(row[0])


def gather_statistics(warehouse: Connection) -> None:
    """Tell the planner about a copy that was just filled: what comes next can't wait for autovacuum."""
    warehouse.execute("analyze raw.transaction, raw.account")


def forget_everything(warehouse: Connection, batch_id: int, *, may_restate: bool) -> None:
    """Empty the copy for a full re-read in this transaction, and make every model be built anew after it."""
    warehouse.execute("truncate raw.transaction, raw.account")
    warehouse.execute("truncate pipeline.model_build")
    warehouse.execute(
        "insert into pipeline.reload (batch_id, may_restate) values (%s, %s)", (batch_id, may_restate)
    )
