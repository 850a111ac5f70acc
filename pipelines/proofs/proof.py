"""One proof, and what it found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import psycopg

from pipelines.baseline import Baseline, Since
from pipelines.database import Connection
from pipelines.extract.batch import newest_batch
from pipelines.proofs import calendar

FOLDER = Path(__file__).parent
# Rows that are kept of those that don't hold, and told in a sentence.
MOST_FAILURES = 1000
SHOWN = 5


@dataclass(frozen=True)
class Scope:
    """What a proof looks at: batches above `since` up to `batch_id`, of which figures are published up to
    `complete_through`. `since` 0 and `since_complete_through` -infinity: everything.

    `final_date` is the bank's date at which the last publication was complete: periods that end on it or before
    are final. None before the first publication. `may_restate`: a reload allowed final figures to change.
    """

    since: int
    since_complete_through: datetime | str
    batch_id: int
    complete_through: datetime
    time_zone: str
    final_date: date | None
    may_restate: bool


@dataclass(frozen=True)
class ProofResult:
    """`checked` things were looked at; `failures`: the first that don't hold (account, place, expected, found)."""

    name: str
    passed: bool
    checked: int
    failed: int = 0
    failures: Sequence[Mapping[str, str | None]] = field(default_factory=list)
    restated: int = 0

    def as_json(self) -> dict[str, Any]:
        """As it is stored with a run and its publication."""
        shown: dict[str, Any] = {"name": self.name, "passed": self.passed, "checked": self.checked}
        if self.failed:
            shown.update(failed=self.failed, failures=[dict(failure) for failure in self.failures])
        if self.restated:
            shown["restated"] = self.restated
        return shown

    def in_words(self) -> str:
        """For an operator: what was expected where, and what was found."""
        first = "; ".join(
            f"account {each['account'] or '(all)'}, {each['place']}: "
            f"expected {each['expected']}, found {each['found']}"
            for each in self.failures[:SHOWN]
        )
        more = "; …" if self.failed > SHOWN else ""
        return f"{self.name}: {self.failed} of {self.checked} do not hold. {first}{more}"


@dataclass(frozen=True)
class Proof:
    """A proof by name; its query is run once for each of `variants`, with their words put in for {…}.

    `words` say what it proves where no query does.
    """

    name: str
    folder: str
    file: str
    variants: Sequence[Mapping[str, str]] = ({},)
    words: str = ""

    @property
    def description(self) -> str:
        """What it proves: the comment that its query begins with."""
        if self.words:
            return self.words
        comment = takewhile(lambda line: line.startswith("--"), self.query().splitlines())
        return " ".join(line.removeprefix("--").strip() for line in comment)

    def query(self) -> str:
        """Its query, with {…} still to be put in."""
        return _read(FOLDER / self.folder / self.file)

    def prove(
        self, warehouse: Connection, parameters: Mapping[str, Any], inside: Callable[[str], str] = str
    ) -> ProofResult:
        """Run it, `inside` a part of history where that is given. Whatever is not known to hold does not hold."""
        checked, failed = 0, 0
        failures: list[dict[str, str | None]] = []
        for words in self.variants:
            query = self.query()
            for word, value in words.items():
                query = query.replace(f"{{{word}}}", value)
            query = inside(query)
            counted = warehouse.execute(
                f"select count(*), count(*) filter (where holds is not true) from ({query}) as proof", parameters
            ).fetchone()
            assert counted is not None
            checked, failed = checked + counted[0], failed + counted[1]
            if counted[1] and len(failures) < MOST_FAILURES:
                failures += _first_failures(warehouse, query, parameters)
        return ProofResult(self.name, failed == 0, checked, failed, failures[:MOST_FAILURES])


def _first_failures(
    warehouse: Connection, query: str, parameters: Mapping[str, Any]
) -> list[dict[str, str | None]]:
    rows = warehouse.execute(
        f"select account_id::text, place, expected, found from ({query}) as proof "
        f"where holds is not true order by account_id, place limit {MOST_FAILURES}",
        parameters,
    )
    return [dict(zip(("account", "place", "expected", "found"), row, strict=True)) for row in rows]


@cache
def _read(file: Path) -> str:
    return file.read_text()


def begin(warehouse: Connection, time_zone: str, *, like: Connection | None = None) -> None:
    """Make a connection ready for proofs: one snapshot, values in the text for the planner to see, a calendar.

    The snapshot is a new one, or that of a connection that has begun.
    """
    warehouse.cursor_factory = psycopg.ClientCursor
    warehouse.execute("begin isolation level repeatable read")
    if like is not None:
        snapshot = like.execute("select pg_export_snapshot()").fetchone()
        warehouse.execute("set transaction snapshot %s", snapshot)
    calendar.provide(warehouse, time_zone)


def scope_of(warehouse: Connection, baseline: Baseline, time_zone: str, since: Since) -> Scope:
    """What is to be proven now, up to the newest batch. Raises NothingExtracted when there is no batch."""
    newest = newest_batch(warehouse)
    publication = baseline.publication
    final_date, may_restate = None, False
    if publication is not None:
        row = warehouse.execute(
            "select pg_temp.day_of(%s), exists (select from pipeline.reload where may_restate and batch_id > %s)",
            (publication.complete_through, publication.batch_id if baseline.is_known else 0),
        ).fetchone()
        assert row is not None
        final_date, may_restate = row
    return Scope(
        *(since.batch_id, since.complete_through, newest.batch_id, newest.complete_through),
        *(time_zone, final_date, may_restate),
    )
