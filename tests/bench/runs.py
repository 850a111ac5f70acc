"""What Dagster's lists cost in a bank that ran many refreshes, against a new one."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import dagster as dg

from infra.local.dagster_home import URL_VARIABLE, write_dagster_home
from pipelines.retention import delete_old_runs
from pipelines.settings import PipelineSettings
from tests.bench.report import Table, ratio
from tests.cluster import Cluster
from tests.pipelines import many_runs

DAYS = 28


@dataclass(frozen=True)
class Size:
    """`runs` of the last 28 days, of which the newer half stays; each look is taken `looks` times."""

    runs: int = 100_000
    looks: int = 30


def run(cluster: Cluster, size: Size, folder: Path, tell: Callable[[str], None]) -> list[Table]:
    """Look at one run, then at many of which the old were deleted."""
    databases = cluster.create()
    os.environ[URL_VARIABLE] = databases.dagster_url.replace("postgresql", "postgresql+psycopg2")
    home = folder / "dagster"
    write_dagster_home(home, folder / "pipelines")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        first = many_runs.run_once(instance)
        before = measure(instance, home, size.looks)
        tell(f"copying a run {size.runs:,} times")
        many_runs.multiply(databases.dagster_url, first, size.runs, DAYS * 86_400 / size.runs)
        tell("deleting the old ones")
        deleted = clear(instance)
        after = measure(instance, home, size.looks)
    cluster.drop(databases)
    made = Table(
        "Dagster after many runs",
        f"{size.runs:,} runs of {DAYS} days, of which {deleted:,} were deleted by age; the middle of {size.looks} "
        "looks, in milliseconds.",
        ["", "one run", "many", "times"],
    )
    for name, seconds in before.items():
        made.add(name, f"{seconds * 1000:.1f}", f"{after[name] * 1000:.1f}", ratio(after[name] / seconds))
    return [made]


def clear(instance: dg.DagsterInstance) -> int:
    """As the sensor does it, tick by tick; how many runs are gone."""
    deleted, settings, now = 0, PipelineSettings.read({}), datetime.now(UTC)
    while gone := delete_old_runs(instance, settings, now):
        deleted += gone
    return deleted


def measure(instance: dg.DagsterInstance, home: Path, times: int) -> dict[str, float]:
    """Seconds by look."""
    looks = {**many_runs.looks(instance), "start": lambda: start(home)}
    return {name: median(_seconds(look) for _ in range(times)) for name, look in looks.items()}


def start(home: Path) -> None:
    """What each of Dagster's processes does first."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.get_runs(limit=1)


def _seconds(look: Callable[[], object]) -> float:
    began = time.perf_counter()
    look()
    return time.perf_counter() - began
