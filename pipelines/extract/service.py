"""Run one extract from beginning to end."""

from contextlib import nullcontext
from datetime import datetime
from uuid import uuid4

from psycopg import sql

from pipelines import database
from pipelines.database import Connection
from pipelines.extract import batch as raw
from pipelines.extract import source as ledger
from pipelines.extract.batch import Batch
from pipelines.extract.errors import SourceSwitched

WAIT_S = 60.0
Window = tuple[datetime, datetime]


def extract(source_url: str, warehouse_url: str, *, wait_s: float = WAIT_S) -> Batch:
    """Carry what is new in the ledger into the warehouse, as one batch; an empty batch when nothing is new.

    All of it, watermark included, is one transaction in the warehouse: killed at any point, the next extract
    starts where the last whole one ended. Raises SourceSwitched, StartUnknown, Busy, or psycopg's errors.
    """
    return _extract(source_url, warehouse_url, wait_s)


def extract_again(source_url: str, warehouse_url: str, window: Window, *, wait_s: float = WAIT_S) -> Batch:
    """An extract that also carries everything of a stretch of time [from, to) once more, as if it were new.

    The copy's own rows of that time are replaced, and the accounts that they belong to; so the next build makes
    every account-period with one of these rows anew.
    """
    return _extract(source_url, warehouse_url, wait_s, again=window)


def reload(source_url: str, warehouse_url: str, *, may_restate: bool = False, wait_s: float = WAIT_S) -> Batch:
    """Read the whole ledger anew, whatever the source was before. The next run builds every model in full.

    With `may_restate` its publication may change figures that were final: a source that was put back in time
    has lost movements for good. Without, such a change keeps the publication back.
    """
    return _extract(source_url, warehouse_url, wait_s, reload=True, may_restate=may_restate)


def _extract(
    source_url: str,
    warehouse_url: str,
    wait_s: float,
    *,
    reload: bool = False,
    may_restate: bool = False,
    again: Window | None = None,
) -> Batch:
    with database.connect(warehouse_url) as warehouse, database.connect(source_url) as source:
        with warehouse.transaction():
            database.lock(warehouse, database.EXTRACT_LOCK, wait_s)
            database.prepare(warehouse)
            previous = None if reload else raw.last_batch(warehouse)
            if previous and not ledger.knows(source, previous.receipt, previous.receipt_xid):
                raise SourceSwitched(previous.batch_id)
            batch_id = raw.next_batch_id(warehouse)
            if reload:
                raw.forget_everything(warehouse, batch_id, may_restate=may_restate)
            batch = _carry(source, warehouse, previous, batch_id, again)
        ledger.prune_receipts(source, batch.receipt)
    return batch


def _carry(
    source: Connection, warehouse: Connection, previous: Batch | None, batch_id: int, again: Window | None
) -> Batch:
    floor, earlier = ledger.raise_floor(source)
    found = [moment for moment in (earlier, previous and previous.complete_through) if moment]
    complete_through = ledger.read_complete_through(source, floor, max(found, default=None))
    since = previous.snapshot if previous else None
    foreign_xid = previous.foreign_xid if previous else None
    if previous and foreign_xid and not ledger.is_ahead(source, foreign_xid, previous.snapshot):
        foreign_xid = None
    with database.one_cut(source):
        snapshot = ledger.current_snapshot(source)
        rows = ledger.new_rows("transaction", since, batch_id)
        with raw.filling(warehouse) if since is None else nullcontext():
            transaction_rows = _carry_transactions(
                source, warehouse, rows, is_whole=since is None, has_foreign=foreign_xid is not None
            )
        account_rows = _carry_accounts(source, warehouse, ledger.new_rows("account", since, batch_id))
        if again is not None:
            _stream_delta(source, ledger.rows_between("transaction", *again, batch_id), warehouse, "transaction")
            raw.replace_transactions(warehouse, *again)
            _carry_accounts(source, warehouse, ledger.rows_between("account", *again, batch_id))
        if since is None:
            raw.gather_statistics(warehouse)
            foreign_xid = ledger.foreign_xid(source)
        summary = ledger.summarise(source)
    receipt = uuid4()
    # Before the warehouse commits: a receipt that no batch names does no harm, the reverse would.
    receipt_xid = ledger.leave_receipt(source, receipt, complete_through)
    batch = Batch(
        batch_id, snapshot, receipt, receipt_xid, complete_through, transaction_rows, account_rows, foreign_xid
    )
    raw.store_batch(warehouse, batch, summary)
    return batch


def _carry_transactions(
    source: Connection, warehouse: Connection, rows: sql.Composable, *, is_whole: bool, has_foreign: bool
) -> int:
    if has_foreign:
        _stream_delta(source, rows, warehouse, "transaction")
        return raw.add_transactions(warehouse)
    table = raw.table_with_batch(sql.SQL("raw.transaction"), ledger.TRANSACTION_COLUMNS)
    return database.stream(source, rows, warehouse, table, frozen=is_whole)


def _carry_accounts(source: Connection, warehouse: Connection, rows: sql.Composable) -> int:
    count = _stream_delta(source, rows, warehouse, "account")
    raw.merge_accounts(warehouse)
    return count


def _stream_delta(source: Connection, rows: sql.Composable, warehouse: Connection, table: str) -> int:
    raw.make_delta(warehouse, table)
    return database.stream(source, rows, warehouse, raw.delta(table, ledger.COLUMNS[table]))
