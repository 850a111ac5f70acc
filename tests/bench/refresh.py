"""What a refresh costs with a long past, step by step."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pipelines import database
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
    """A bank with a past, published; `later`: what the refreshes after that took, by step."""

    rows: int
    steps: Steps
    later: list[dict[str, Took]]

    def step(self, name: str) -> float:
        """Seconds of the middle one of the later refreshes, or of their sums."""
        return median(seconds(each) if name == "all" else each[name].seconds for each in self.later)


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
    made = table(size, pasts)
    for past in pasts:
        cluster.drop(past.steps.databases)
    return [made]


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
    return Past(written, steps, [])


def refresh(steps: Steps, watch: Stopwatch) -> dict[str, Took]:
    """What each step took. Raises RuntimeError when a test or a proof does not hold."""
    took: dict[str, Took] = {}
    broken: list[str] = []

    def build() -> None:
        broken.extend(result.name for result in steps.build() if not result.is_good)

    def prove() -> None:
        broken.extend(result.in_words() for result in steps.prove().values() if not result.passed)

    works: tuple[Callable[[], object], ...] = (steps.extract, build, prove, steps.publish)
    for name, work in zip(STEPS, works, strict=True):
        with contextlib.redirect_stdout(io.StringIO()):
            took[name] = watch.take(work)
    if broken:
        raise RuntimeError(f"not proven: {broken}")
    return took


def table(size: Size, pasts: list[Past]) -> Table:
    """The refreshes, step by step."""
    small, large = pasts[0], pasts[-1]
    made = Table(
        "Refresh",
        f"Seconds after {size.new:,} new transactions of {size.accounts:,} accounts, without Dagster; "
        f"{size.rounds} interleaved rounds, the middle one counts.",
        ["step", *(f"{past.rows:,} rows in history" for past in pasts), "ratio"],
    )
    for name in (*STEPS, "all"):
        goal = "≤ 1.3×" if name == "all" else ""
        made.add(
            name,
            f"{small.step(name):.2f}",
            f"{large.step(name):.2f}",
            ratio(large.step(name) / small.step(name), goal),
        )
    return made
