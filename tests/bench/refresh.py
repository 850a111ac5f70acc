"""What a refresh and the close of a day cost with a long past, step by step."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from pipelines import database
from pipelines.baseline import Since, last_publication
from pipelines.settings import PipelineSettings
from pipelines.transform.project import Project
from tests.bench import history
from tests.bench.report import Table, ratio
from tests.bench.stopwatch import Stopwatch, Took
from tests.cluster import Cluster
from tests.pipelines.steps import Steps

STEPS = ("extract", "models and their tests", "proofs", "publish")


@dataclass(frozen=True)
class Size:
    """Histories of `rows`, the smallest first, of as many accounts; `new` transactions before each refresh."""

    rows: tuple[int, ...] = (1_000_000, 10_000_000)
    accounts: int = 10_000
    new: int = 10_000
    rounds: int = 3


@dataclass
class Past:
    """A bank with a past, published; what the refreshes and the closes after that took, by step.

    `closed`: what the last close has proven.
    """

    rows: int
    steps: Steps
    closed: Since
    later: list[dict[str, Took]] = field(default_factory=list)
    closes: list[dict[str, Took]] = field(default_factory=list)


def middle(runs: list[dict[str, Took]], name: str) -> float:
    """Seconds of the middle one of some runs by a step, or by the sum of all."""
    return median(seconds(each) if name == "all" else each[name].seconds for each in runs)


def run(cluster: Cluster, size: Size, folder: Path, tell: Callable[[str], None]) -> list[Table]:
    """Both pasts, then refreshes in turns."""
    target = folder / "dbt"
    target.mkdir()
    with contextlib.redirect_stdout(io.StringIO()):
        Project(PipelineSettings.read({}).dbt_project, target).parse(write_manifest=True)
    watch = Stopwatch(cluster.server.pid)
    pasts = [begin(cluster, size, rows, target, watch, tell) for rows in size.rows]
    for number in range(size.rounds):
        for past in pasts:
            history.post(past.steps.databases.superuser_url(), size.accounts, size.new)
            past.later.append(refresh(past.steps, watch))
            tell(f"round {number + 1}, {past.rows:,} rows: {seconds(past.later[-1]):.1f} s")
    for number in range(size.rounds):
        for past in pasts:
            close_a_day(past, size, watch)
            tell(f"close {number + 1}, {past.rows:,} rows: {seconds(past.closes[-1]):.1f} s")
    half = "half of them published by a refresh before the close"
    made = [
        table("Refresh", f"after {size.new:,} new transactions", size, pasts, [past.later for past in pasts]),
        table("Close", f"of a day with {size.new:,}, {half},", size, pasts, [past.closes for past in pasts]),
    ]
    for past in pasts:
        cluster.drop(past.steps.databases)
    return made


def seconds(took: dict[str, Took]) -> float:
    """All steps together."""
    return sum(each.seconds for each in took.values())


def begin(
    cluster: Cluster, size: Size, rows: int, target: Path, watch: Stopwatch, tell: Callable[[str], None]
) -> Past:
    """Write a past, and refresh once."""
    databases = cluster.create()
    steps = Steps(databases, target)
    written = history.write(databases.superuser_url(), size.accounts, rows)
    tell(f"{written:,} rows written")
    first = refresh(steps, watch)
    tell(
        f"{written:,} rows: first refresh " + ", ".join(f"{name} {it.seconds:.0f} s" for name, it in first.items())
    )
    with (
        database.connect(databases.superuser_url()) as bank,
        database.connect(databases.warehouse_url) as warehouse,
    ):
        # What autovacuum does within minutes of a first load; the benchmark does not wait for it.
        bank.execute("vacuum (analyze)")
        warehouse.execute("vacuum (analyze)")
    return Past(written, steps, published(steps))


def published(steps: Steps) -> Since:
    """Up to where everything is published now."""
    with database.connect(steps.publish_url) as bank:
        publication = last_publication(bank)
    assert publication is not None
    return Since(publication.batch_id, publication.complete_through)


def close_a_day(past: Past, size: Size, watch: Stopwatch) -> None:
    """A day with `size.new` transactions: a refresh after the first half, and the close after the others."""
    url = past.steps.databases.superuser_url()
    history.post(url, size.accounts, size.new // 2)
    refresh(past.steps, watch)
    history.post(url, size.accounts, size.new // 2)
    past.closes.append(refresh(past.steps, watch, past.closed))
    past.closed = published(past.steps)


def refresh(steps: Steps, watch: Stopwatch, since: Since | None = None) -> dict[str, Took]:
    """What each step took; of a close, that proves what is new `since` the last one.

    Raises RuntimeError when a test or a proof does not hold.
    """
    took: dict[str, Took] = {}
    broken: list[str] = []

    def build() -> None:
        broken.extend(result.name for result in steps.build(since=since) if not result.is_good)

    def prove() -> None:
        broken.extend(result.in_words() for result in steps.prove(since=since).values() if not result.passed)

    works: tuple[Callable[[], object], ...] = (steps.extract, build, prove, steps.publish)
    for name, work in zip(STEPS, works, strict=True):
        with contextlib.redirect_stdout(io.StringIO()):
            took[name] = watch.take(work)
    if broken:
        raise RuntimeError(f"not proven: {broken}")
    return took


def table(title: str, what: str, size: Size, pasts: list[Past], runs: list[list[dict[str, Took]]]) -> Table:
    """Refreshes or closes, step by step."""
    small, large = runs[0], runs[-1]
    made = Table(
        title,
        f"Seconds {what} of {size.accounts:,} accounts, without Dagster; "
        f"{size.rounds} interleaved rounds, the middle one counts.",
        ["step", *(f"{past.rows:,} rows in history" for past in pasts), "ratio"],
    )
    for name in (*STEPS, "all"):
        goal = "≤ 1.3×" if name == "all" else ""
        made.add(
            name,
            f"{middle(small, name):.2f}",
            f"{middle(large, name):.2f}",
            ratio(middle(large, name) / middle(small, name), goal),
        )
    return made
