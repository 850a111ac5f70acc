"""Publish a batch: one transaction in the bank."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from api.shared.calendar import Period
from pipelines import database
from pipelines.baseline import EVERYTHING, Baseline, baseline, check_time_zone, relations
from pipelines.database import Connection
from pipelines.errors import Refused
from pipelines.extract.batch import newest_batch
from pipelines.figures import BANK_DAILY, figures, mart_of
from pipelines.history import progress
from pipelines.proofs import damage
from pipelines.publish.merge import load, merge


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

    `proofs` are the run's, stored with the publication; they say that known damage is mended. With nothing new
    only the publication advances. The same run and batch are published once: again, and the first publication is
    given back. Raises NothingExtracted before the first batch, TimeZoneChanged, Refused, or psycopg's errors; then
    nothing has changed.
    """
    with (
        database.connect(warehouse_url) as warehouse,
        database.connect(publish_url) as bank,
        bank.transaction(),
        database.one_cut(warehouse),
    ):
        # One publication at a time; readers go on reading.
        bank.execute("lock table pipeline.publication in share row exclusive mode")
        batch = newest_batch(warehouse)
        done = _already_published(bank, run_id, batch.batch_id)
        if done is not None:
            return done
        standing = baseline(bank, warehouse)
        check_time_zone(standing.publication, time_zone)
        _check_types(warehouse, bank)
        row = bank.execute(
            "insert into pipeline.publication "
            "(run_id, batch_id, complete_through, time_zone, proofs, catalog_version, is_first) "
            "values (%s, %s, %s, %s, %s, %s, "
            "not exists (select from pipeline.publication where run_id = %s)) returning id",
            (
                *(run_id, batch.batch_id, batch.complete_through, time_zone),
                *(Jsonb(proofs), _catalog_version(warehouse), run_id),
            ),
        ).fetchone()
        assert row is not None
        row_counts = _merge_all(warehouse, bank, standing, row[0])
        damage.close(bank)
        if standing.unproven == EVERYTHING:
            progress.note_everything(bank)
        bank.execute("update pipeline.publication set row_counts = %s where id = %s", (Jsonb(row_counts), row[0]))
    return Published(row[0], batch.batch_id, batch.complete_through, row_counts)


def _check_types(warehouse: Connection, bank: Connection) -> None:
    """Raise Refused where a figure has a type that the stats service does not declare it can show."""
    shown = {type_ for (type_,) in bank.execute("select type from stats.figure_type").fetchall()}
    wrong = [
        f"{mart}.{name} is {type_}"
        for mart in (*(mart_of(period) for period in Period), BANK_DAILY)
        for name, type_ in figures(warehouse, mart).items()
        if type_ not in shown
    ]
    if wrong:
        raise Refused(f"Readers can be shown figures of type {', '.join(sorted(shown))} only: {'; '.join(wrong)}.")


def proofs_of(bank: Connection, publication_id: int) -> list[dict[str, Any]]:
    """The proofs that a publication was stored with."""
    row = bank.execute("select proofs from pipeline.publication where id = %s", (publication_id,)).fetchone()
    return list(row[0]) if row else []


def _merge_all(warehouse: Connection, bank: Connection, standing: Baseline, publication_id: int) -> dict[str, Any]:
    def bring(how: Callable[..., int], table: str, mart: str, **words: sql.Composable | str | int) -> int:
        return how(table, warehouse, bank, mart, standing.since(mart), **words)

    def metrics(mart: str) -> sql.Composable:
        return as_json(figures(warehouse, mart))

    tables = relations(warehouse)
    rows: dict[str, int] = {}
    is_empty = bank.execute("select not exists (select from stats.stats)").fetchone() == (True,)
    for mart, period in ((mart_of(period), period) for period in Period):
        rows[mart] = bring(
            *(load if is_empty else merge, "statistics", mart),
            type=str(period),
            metrics=metrics(mart),
            publication_id=publication_id,
        )
    rows["accounts"] = bring(merge, "accounts", "accounts", publication_id=publication_id)
    rows[BANK_DAILY] = bring(merge, BANK_DAILY, BANK_DAILY, metrics=metrics(BANK_DAILY))
    counts: dict[str, Any] = {mart: {"rows": count, "relation": tables[mart]} for mart, count in rows.items()}
    counts["metric_catalog"] = {"rows": merge("metric_catalog", warehouse, bank, "metric_catalog", since=0)}
    return counts


def as_json(columns: Iterable[str]) -> sql.Composed:
    """The columns of `m`, whole numbers all of them, as the text of a JSON object.

    `to_jsonb` looks up each column's type for each row, and the bank reads what it made from text once more. In
    the order in which jsonb keeps names there is nothing left to sort.
    """
    parts: list[sql.Composable] = []
    for name in sorted(columns, key=lambda name: (len(name.encode()), name.encode())):
        parts.append(sql.Literal(f"{', ' if parts else '{'}{json.dumps(name)}: "))
        parts.append(sql.SQL("coalesce({}::text, 'null')").format(sql.Identifier("m", name)))
    parts.append(sql.Literal("}" if parts else "{}"))
    # A function takes a hundred values.
    groups = (sql.SQL(", ").join(parts[start : start + 100]) for start in range(0, len(parts), 100))
    return sql.SQL(" || ").join(sql.SQL("concat({})").format(group) for group in groups)


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
