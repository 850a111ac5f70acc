"""Publish a batch: one transaction in the bank."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from psycopg.types.json import Jsonb

from pipelines import database
from pipelines.database import Connection
from pipelines.errors import Refused, TimeZoneChanged
from pipelines.publish import merge
from pipelines.publish.baseline import Baseline, baseline, relations


@dataclass(frozen=True)
class Published:
    """What a publication brought. `row_counts`: mart → {rows: written or removed, relation: the table read}."""

    publication_id: int
    batch_id: int
    complete_through: datetime
    row_counts: dict[str, Any]


def publish(
    warehouse_url: str, publish_url: str, *, run_id: str, time_zone: str, proofs: list[dict[str, Any]]
) -> Published:
    """Bring everything above the last published batch to the readers, who see all of it or nothing.

    `proofs` are the run's, stored with the publication. With nothing new only the publication advances. The same
    run and batch are published once: again, and the first publication is given back. Raises Refused
    before the first batch, TimeZoneChanged, or psycopg's errors; then nothing has changed.
    """
    with (
        database.connect(warehouse_url) as warehouse,
        database.connect(publish_url) as bank,
        bank.transaction(),
        database.one_cut(warehouse),
    ):
        # One publication at a time; readers go on reading.
        bank.execute("lock table pipeline.publication in share row exclusive mode")
        batch_id, complete_through = _newest_batch(warehouse)
        done = _already_published(bank, run_id, batch_id)
        if done is not None:
            return done
        standing = baseline(bank, warehouse)
        _check_time_zone(standing, time_zone)
        row = bank.execute(
            "insert into pipeline.publication "
            "(run_id, batch_id, complete_through, time_zone, proofs, catalog_version) "
            "values (%s, %s, %s, %s, %s, %s) returning id",
            (run_id, batch_id, complete_through, time_zone, Jsonb(proofs), _catalog_version(warehouse)),
        ).fetchone()
        assert row is not None
        row_counts = _merge_all(warehouse, bank, standing, row[0])
        bank.execute("update pipeline.publication set row_counts = %s where id = %s", (Jsonb(row_counts), row[0]))
    return Published(row[0], batch_id, complete_through, row_counts)


def _merge_all(warehouse: Connection, bank: Connection, standing: Baseline, publication_id: int) -> dict[str, Any]:
    tables = relations(warehouse)
    rows: dict[str, int] = {}
    for type_, mart in merge.TYPES.items():
        metrics = [
            name
            for (name,) in warehouse.execute(
                "select name from marts.metric_catalog where %s = any (periods) order by position", (type_,)
            ).fetchall()
        ]
        rows[mart] = merge.merge_statistics(
            *(warehouse, bank, type_, metrics, standing.since(mart), publication_id),
            is_whole=standing.since(mart) == 0,
        )
    since = standing.since("accounts")
    rows["accounts"] = merge.merge_accounts(warehouse, bank, since, publication_id, is_whole=since == 0)
    if tables["bank_daily"]:
        since = standing.since("bank_daily")
        rows["bank_daily"] = merge.merge_bank_daily(warehouse, bank, since, is_whole=since == 0)
    counts: dict[str, Any] = {mart: {"rows": count, "relation": tables[mart]} for mart, count in rows.items()}
    counts["metric_catalog"] = {"rows": merge.merge_metrics(warehouse, bank)}
    return counts


def _check_time_zone(standing: Baseline, time_zone: str) -> None:
    last = standing.publication
    if last is not None and last.time_zone != time_zone:
        raise TimeZoneChanged(last.time_zone, time_zone)


def _newest_batch(warehouse: Connection) -> tuple[int, datetime]:
    row = warehouse.execute(
        "select batch_id, complete_through from raw.batch order by batch_id desc limit 1"
    ).fetchone()
    if row is None:
        raise Refused("There is nothing to publish: raw.batch is empty.")
    return row[0], row[1]


def _already_published(bank: Connection, run_id: str, batch_id: int) -> Published | None:
    row = bank.execute(
        "select id, batch_id, complete_through, row_counts from pipeline.publication "
        "where run_id = %s and batch_id = %s",
        (run_id, batch_id),
    ).fetchone()
    return Published(*row) if row else None


def _catalog_version(warehouse: Connection) -> str:
    rows = warehouse.execute("select to_jsonb(m) from marts.metric_catalog as m order by position").fetchall()
    return sha256(json.dumps([row[0] for row in rows], sort_keys=True).encode()).hexdigest()[:16]
