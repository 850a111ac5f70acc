"""The warehouse's side of an extract: schema `raw`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from pipelines.database import Connection
from pipelines.extract.source import ACCOUNT_COLUMNS, Summary


@dataclass(frozen=True)
class Batch:
    """One extract: what it carried and up to which moment the ledger's copy is complete with it."""

    batch_id: int
    snapshot: str
    receipt: UUID
    complete_through: datetime
    transaction_rows: int
    account_rows: int


def last_batch(warehouse: Connection) -> Batch | None:
    """The newest batch; None before the first."""
    row = warehouse.execute(
        "select batch_id, snapshot, receipt, complete_through, transaction_rows, account_rows "
        "from raw.batch order by batch_id desc limit 1"
    ).fetchone()
    return Batch(*row) if row else None


def next_batch_id(warehouse: Connection) -> int:
    """An id above every earlier batch; one that fails leaves a gap."""
    row = warehouse.execute("select nextval(pg_get_serial_sequence('raw.batch', 'batch_id'))").fetchone()
    assert row is not None
    return int(row[0])


def store_batch(warehouse: Connection, batch: Batch, summary: Summary) -> None:
    """Add the batch's row."""
    warehouse.execute(
        "insert into raw.batch overriding system value values (%s, %s, %s, %s, now(), %s, %s, %s, %s, %s)",
        (
            *(batch.batch_id, batch.snapshot, batch.receipt, batch.complete_through),
            *(batch.transaction_rows, batch.account_rows),
            *(Jsonb(summary.totals), summary.accounts, summary.transactions),
        ),
    )


def table_with_batch(name: sql.Composable, columns: tuple[str, ...]) -> sql.Composed:
    """`name` and its columns, batch_id last, as COPY and INSERT take them."""
    return sql.SQL("{} ({})").format(name, sql.SQL(", ").join(map(sql.Identifier, (*columns, "batch_id"))))


ACCOUNT_DELTA = table_with_batch(sql.SQL("pg_temp.account_delta"), ACCOUNT_COLUMNS)


def make_account_delta(warehouse: Connection) -> None:
    """A temporary table for changed accounts, gone with the transaction."""
    warehouse.execute("create temporary table account_delta (like raw.account) on commit drop")


def merge_account_delta(warehouse: Connection) -> None:
    """Bring the changed accounts into raw.account: a later state replaces an earlier one."""
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
