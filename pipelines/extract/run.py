"""Run one extract from beginning to end."""

from uuid import uuid4

from psycopg import sql

from pipelines import database
from pipelines.database import Connection
from pipelines.extract import batch as raw
from pipelines.extract import source as ledger
from pipelines.extract.batch import Batch
from pipelines.extract.errors import SourceSwitched

WAIT_S = 60.0


def extract(source_url: str, warehouse_url: str, *, wait_s: float = WAIT_S) -> Batch:
    """Carry what is new in the ledger into the warehouse, as one batch; an empty batch when nothing is new.

    All of it, watermark included, is one transaction in the warehouse: killed at any point, the next extract
    starts where the last whole one ended. Raises SourceSwitched, StartUnknown, Busy, or psycopg's errors.
    """
    return _extract(source_url, warehouse_url, wait_s, reload=False, may_restate=False)


def reload(source_url: str, warehouse_url: str, *, may_restate: bool = False, wait_s: float = WAIT_S) -> Batch:
    """Read the whole ledger anew, whatever the source was before. The next run builds every model in full.

    With `may_restate` its publication may change figures that were final: a source that was put back in time
    has lost movements for good. Without, such a change keeps the publication back.
    """
    return _extract(source_url, warehouse_url, wait_s, reload=True, may_restate=may_restate)


def _extract(source_url: str, warehouse_url: str, wait_s: float, *, reload: bool, may_restate: bool) -> Batch:
    with database.connect(warehouse_url) as warehouse, database.connect(source_url) as source:
        with warehouse.transaction():
            database.lock(warehouse, database.EXTRACT_LOCK, wait_s)
            database.prepare(warehouse)
            previous = None if reload else raw.last_batch(warehouse)
            if previous and not ledger.knows(source, previous.receipt):
                raise SourceSwitched(previous.batch_id)
            batch_id = raw.next_batch_id(warehouse)
            if reload:
                raw.forget_everything(warehouse, batch_id, may_restate=may_restate)
            batch = _carry(source, warehouse, previous, batch_id)
            # Before the warehouse commits: a receipt that no batch names does no harm, the reverse would.
            ledger.leave_receipt(source, batch.receipt)
        ledger.prune_receipts(source, batch.receipt)
    return batch


def _carry(source: Connection, warehouse: Connection, previous: Batch | None, batch_id: int) -> Batch:
    complete_through = ledger.read_complete_through(source, previous.complete_through if previous else None)
    since = previous.snapshot if previous else None
    with database.one_cut(source):
        snapshot = ledger.current_snapshot(source)
        transaction_rows = database.stream(
            source,
            ledger.new_rows("transaction", ledger.TRANSACTION_COLUMNS, since, batch_id),
            warehouse,
            raw.table_with_batch(sql.SQL("raw.transaction"), ledger.TRANSACTION_COLUMNS),
        )
        raw.make_account_delta(warehouse)
        account_rows = database.stream(
            source,
            ledger.new_rows("account", ledger.ACCOUNT_COLUMNS, since, batch_id),
            warehouse,
            raw.ACCOUNT_DELTA,
        )
        raw.merge_account_delta(warehouse)
        if since is None:
            raw.gather_statistics(warehouse)
        summary = ledger.summarise(source)
    batch = Batch(batch_id, snapshot, uuid4(), complete_through, transaction_rows, account_rows)
    raw.store_batch(warehouse, batch, summary)
    return batch
