"""What readers have now, and from which batch on the marts are newer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql

from api.shared.calendar import Period
from pipelines.database import Connection
from pipelines.errors import TimeZoneChanged
from pipelines.figures import mart_of

MARTS = (*(mart_of(period) for period in Period), "accounts", "bank_daily")


@dataclass(frozen=True)
class Since:
    """From where on rows are looked at: those of batches above `batch_id`, and those that a build up to
    `complete_through` left out as too recent."""

    batch_id: int
    complete_through: datetime | str


EVERYTHING = Since(0, "-infinity")


@dataclass(frozen=True)
class Publication:
    """The newest row of pipeline.publication. `relations`: mart → the table it was read from."""

    publication_id: int
    run_id: str
    batch_id: int
    complete_through: datetime
    time_zone: str
    relations: dict[str, str]


@dataclass(frozen=True)
class Baseline:
    """How the warehouse stands to the last publication.

    `is_known`: the publication was made from this warehouse. `is_continued`: and nothing was read anew since, so
    that the raw rows above its batch are exactly the new ones. `rebuilt`: marts of which any row may have changed
    since. A mart that was built anew is another table than the one that was read last, whoever built it and
    whatever batch its rows carry.
    """

    publication: Publication | None
    is_known: bool
    is_continued: bool
    rebuilt: frozenset[str]

    @property
    def unproven(self) -> Since:
        """What the last publication has not proven."""
        if self.publication is None or not self.is_continued:
            return EVERYTHING
        return Since(self.publication.batch_id, self.publication.complete_through)

    def since(self, mart: str) -> int:
        """Rows of `mart` in batches above this one are to be looked at."""
        return 0 if self.publication is None or mart in self.rebuilt else self.publication.batch_id


def last_publication(bank: Connection) -> Publication | None:
    """What readers have; None before the first publication."""
    row = bank.execute(
        "select id, run_id, batch_id, complete_through, time_zone, row_counts "
        "from pipeline.publication order by id desc limit 1"
    ).fetchone()
    if row is None:
        return None
    counts: dict[str, Any] = row[5]
    tables = {mart: entry.get("relation", "") for mart, entry in counts.items()}
    return Publication(row[0], row[1], row[2], row[3], row[4], tables)


def check_time_zone(published: Publication | None, time_zone: str) -> None:
    """Raise TimeZoneChanged unless readers' figures, where there are any, are cut by this time zone."""
    if published is not None and published.time_zone != time_zone:
        raise TimeZoneChanged(published.time_zone, time_zone)


def baseline(bank: Connection, warehouse: Connection) -> Baseline:
    """Compare the warehouse with the last publication."""
    publication = last_publication(bank)
    if publication is None:
        return Baseline(None, is_known=False, is_continued=False, rebuilt=frozenset(MARTS))
    row = warehouse.execute(
        "select exists (select from raw.batch where batch_id = %(batch)s and complete_through = %(through)s), "
        "exists (select from pipeline.reload where batch_id > %(batch)s)",
        {"batch": publication.batch_id, "through": publication.complete_through},
    ).fetchone()
    assert row is not None
    is_known, is_reloaded = row
    is_continued = is_known and not is_reloaded
    now = relations(warehouse)
    rebuilt = {mart for mart in MARTS if not is_continued or publication.relations.get(mart) != now[mart]}
    return Baseline(publication, is_known, is_continued, frozenset(rebuilt))


def relations(warehouse: Connection) -> dict[str, str]:
    """Mart → its table's own number in the database; empty where there is no table."""
    query = sql.SQL("select {}").format(
        sql.SQL(", ").join(sql.SQL("to_regclass({})::oid").format(f"marts.{mart}") for mart in MARTS)
    )
    row = warehouse.execute(query).fetchone()
    assert row is not None
    return {mart: str(number or "") for mart, number in zip(MARTS, row, strict=True)}
