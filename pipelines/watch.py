"""Whether a refresh has anything to do; and when it has not, how far the statistics are complete all the same."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipelines import database, run_log
from pipelines.baseline import baseline, last_publication
from pipelines.database import Connection
from pipelines.extract.batch import Batch, last_batch, newest_batch, oldest_left_out
from pipelines.extract.service import extract
from pipelines.extract.source import has_new, next_floor, read_complete_through
from pipelines.proofs import damage
from pipelines.publish.service import Published, proofs_of, publish
from pipelines.settings import Databases


@dataclass(frozen=True)
class Watcher:
    """Looks at the bank and the warehouse over connections that stay open while it looks again and again."""

    source: Connection
    warehouse: Connection
    bank: Connection

    def reason(self) -> str | None:
        """Why a refresh should run now; None when it would change nothing but `complete_through`."""
        batch = last_batch(self.warehouse)
        if batch is None:
            return "Nothing was extracted yet."
        standing = baseline(self.bank, self.warehouse)
        if standing.publication is None or standing.publication.batch_id < batch.batch_id:
            return f"Batch {batch.batch_id} is not published yet."
        if not standing.is_continued or standing.rebuilt:
            return "The warehouse was made anew since the last publication."
        if damage.is_known(self.bank):
            return "What is known to be damaged is proven again."
        if has_new(self.source, batch.snapshot):
            return "The ledger has new rows."
        if self._has_ripened(batch):
            return "Movements that were too recent for the last run are complete now."
        return None

    def wait(self, timeout_s: float, poll_s: float) -> None:
        """Return when the ledger has rows that the newest batch has not, or after `timeout_s`.

        Of all reasons the one that can't wait, and one look at the ends of two indexes each `poll_s`.
        """
        batch = newest_batch(self.warehouse)
        end = time.monotonic() + timeout_s
        while time.monotonic() < end and not has_new(self.source, batch.snapshot):
            time.sleep(poll_s)

    def _has_ripened(self, batch: Batch) -> bool:
        left_out = oldest_left_out(self.warehouse, batch.complete_through)
        return left_out is not None and left_out < read_complete_through(
            self.source, next_floor(self.source), batch.complete_through
        )


def advance(databases: Databases, time_zone: str, older_than: timedelta) -> Published | None:
    """Publish that the statistics are complete up to now, when nothing is new and the last such word is old.

    It is an empty batch and a publication of it, under the run that proved the figures: nothing else has changed.
    It takes the place of the one before if that was such a word too, so that an idle bank does not grow. None when
    a run is due or at work, or the last publication is younger than `older_than`. Raises what an extract and a
    publication raise.
    """
    with (
        database.connect(databases.source_url) as source,
        database.connect(databases.warehouse_url) as warehouse,
        database.connect(databases.publish_url) as bank,
    ):
        publication = last_publication(bank)
        if publication is None or datetime.now(UTC) - publication.complete_through < older_than:
            return None
        database.lock(warehouse, database.RUN_LOCK, wait_s=0)
        if Watcher(source, warehouse, bank).reason() is not None:
            return None
        batch = extract(databases.source_url, databases.warehouse_url)
        if batch.transaction_rows or batch.account_rows or oldest_left_out(warehouse, batch.complete_through):
            return None
        advanced = publish(
            *(databases.warehouse_url, databases.publish_url),
            run_id=publication.run_id,
            time_zone=time_zone,
            proofs=proofs_of(bank, publication.publication_id),
        )
        run_log.forget_advance(bank, publication.publication_id)
        return advanced
