"""What a refresh costs with a long past, step by step, and a full build against one SQL statement."""

import contextlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg

from pipelines import database
from pipelines.settings import PipelineSettings
from pipelines.transform.project import Project
from tests.bench import history
from tests.bench.report import Table, ratio
from tests.cluster import Cluster
from tests.pipelines.steps import Steps

STEPS = ("extract", "models and their tests", "proofs", "publish")
BY_HAND = Path(__file__).with_name("by_hand.sql")


@dataclass(frozen=True)
class Size:
    """Histories of `rows`, the smallest first, of as many accounts; `new` transactions before each refresh."""

    rows: tuple[int, ...] = (1_000_000, 10_000_000)
    accounts: int = 10_000
    new: int = 10_000
    rounds: int = 3


@dataclass
class Past:
    """A bank with a past, published. `first` and `later`: seconds by step of the first and the later refreshes."""

    rows: int
    steps: Steps
    first: dict[str, float]
    later: list[dict[str, float]]

    def step(self, name: str) -> float:
        """The middle one of the later refreshes, or of their sums."""
        return median(sum(each.values()) if name == "all" else each[name] for each in self.later)


def run(cluster: Cluster, size: Size, folder: Path, tell: Callable[[str], None]) -> list[Table]:
    """Both pasts, then refreshes in turns."""
    target = folder / "dbt"
    target.mkdir()
    with contextlib.redirect_stdout(io.StringIO()):
        Project(PipelineSettings.read({}).dbt_project, target).parse(write_manifest=True)
    pasts = [begin(cluster, size, rows, target, tell) for rows in size.rows]
    for number in range(size.rounds):
        for past in pasts:
            history.post(past.steps.databases.superuser_url(), size.accounts, size.new)
            past.later.append(refresh(past.steps))
            tell(f"round {number + 1}, {past.rows:,} rows: {sum(past.later[-1].values()):.1f} s")
    tables = [later_table(size, pasts), first_table(pasts[-1], by_hand(pasts[-1], tell))]
    for past in pasts:
        cluster.drop(past.steps.databases)
    return tables


def begin(cluster: Cluster, size: Size, rows: int, target: Path, tell: Callable[[str], None]) -> Past:
    """Write a past, and refresh once."""
    databases = cluster.create()
    steps = Steps(databases, target)
    written = history.write(databases.superuser_url(), size.accounts, rows)
    tell(f"{written:,} rows written")
    first = refresh(steps)
    tell(f"{written:,} rows: first refresh " + ", ".join(f"{name} {took:.0f} s" for name, took in first.items()))
    with (
        database.connect(databases.superuser_url()) as bank,
        database.connect(databases.warehouse_url) as warehouse,
    ):
        # What autovacuum does within minutes of a first load; the benchmark does not wait for it.
        bank.execute("vacuum (analyze)")
        warehouse.execute("vacuum (analyze)")
    return Past(written, steps, first, [])


def refresh(steps: Steps) -> dict[str, float]:
    """Seconds by step. Raises RuntimeError when a test or a proof does not hold."""
    took = {}

    def note(name: str, work: Callable[[], object]) -> object:
        began = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            result = work()
        took[name] = time.perf_counter() - began
        return result

    note(STEPS[0], steps.extract)
    results = note(STEPS[1], steps.build)
    proofs = note(STEPS[2], steps.prove)
    note(STEPS[3], steps.publish)
    assert isinstance(results, list)
    assert isinstance(proofs, dict)
    broken = [result.name for result in results if not result.is_good]
    broken += [result.in_words() for result in proofs.values() if not result.passed]
    if broken:
        raise RuntimeError(f"not proven: {broken}")
    return took


def by_hand(past: Past, tell: Callable[[str], None]) -> float:
    """Seconds that one hand-written statement takes for the same three statistics."""
    with psycopg.connect(past.steps.warehouse_url, autocommit=True) as warehouse:
        began = time.perf_counter()
        warehouse.execute(BY_HAND.read_bytes())
        took = time.perf_counter() - began
        row = warehouse.execute(
            "select (select count(*) from by_hand where type = 'daily'), (select count(*) from marts.stats_daily)"
        ).fetchone()
    tell(f"by hand: {took:.0f} s")
    # Those left back as too recent are in none of the marts.
    if row is None or abs(row[0] - row[1]) > 0.02 * row[1]:
        raise RuntimeError(f"the statement by hand does not give the same rows: {row}")
    return took


def later_table(size: Size, pasts: list[Past]) -> Table:
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


def first_table(past: Past, hand_written_s: float) -> Table:
    """The first refresh, which builds everything."""
    made = Table(
        "Full build",
        f"{past.rows:,} transactions, everything from nothing. By hand: one SQL statement over the same raw table "
        "that writes daily, weekly and monthly statistics into a table without a key, a test or a proof.",
        ["", "seconds", "of by hand"],
    )
    made.add("one statement by hand", f"{hand_written_s:.1f}", "1.00×")
    for name in STEPS:
        made.add(name, f"{past.first[name]:.1f}", ratio(past.first[name] / hand_written_s))
    return made
