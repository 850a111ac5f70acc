"""Everything anew from a ledger: each step against one SQL statement by hand, and all of it against DuckDB."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import duckdb
import psycopg

from pipelines import database
from pipelines.settings import PipelineSettings
from pipelines.transform.project import Project
from tests.bench import history
from tests.bench.refresh import STEPS, refresh
from tests.bench.report import Table, ratio
from tests.bench.stopwatch import Stopwatch, Took
from tests.cluster import Cluster
from tests.pipelines.steps import Steps

BY_HAND = Path(__file__).with_name("by_hand.sql")
BY_DUCKDB = Path(__file__).with_name("by_duckdb.sql")
HAND, DUCKDB, ALL = "one statement by hand", "DuckDB, the figures alone", "extract to published"
GOALS = {STEPS[1]: "≤ 1.0×", STEPS[2]: "≤ 1.0×", STEPS[3]: "≤ 0.6×"}


@dataclass(frozen=True)
class Size:
    """One history of `rows`, of as many accounts, built anew `rounds` times."""

    rows: int = 2_000_000
    accounts: int = 10_000
    rounds: int = 3


@dataclass
class Contenders:
    """What each took in each round."""

    took: dict[str, list[Took]] = field(default_factory=dict)

    def note(self, name: str, took: Took) -> None:
        """One more round of it."""
        self.took.setdefault(name, []).append(took)

    def middle(self, name: str) -> Took:
        """The middle one of all rounds."""
        return Took(*(median(values) for values in zip(*self.took[name], strict=True)))

    def times(self, name: str, other: str) -> float:
        """How many times as long as the other within a round, the middle one of all."""
        pairs = zip(self.took[name], self.took[other], strict=True)
        return median(mine.seconds / theirs.seconds for mine, theirs in pairs)


def run(cluster: Cluster, size: Size, folder: Path, tell: Callable[[str], None]) -> list[Table]:
    """Each round builds and publishes everything from nothing, then lets the others make their figures of it."""
    target = folder / "dbt"
    target.mkdir()
    with contextlib.redirect_stdout(io.StringIO()):
        Project(PipelineSettings.read({}).dbt_project, target).parse(write_manifest=True)
    steps = Steps(cluster.create(), target)
    rows = history.write(steps.databases.superuser_url(), size.accounts, size.rows)
    tell(f"{rows:,} rows written")
    watch = Stopwatch(cluster.server.pid)
    measured = Contenders()
    for number in range(size.rounds):
        forget(steps)
        took = refresh(steps, watch)
        for name, each in took.items():
            measured.note(name, each)
        measured.note(ALL, Took(*map(sum, zip(*took.values(), strict=True))))
        measured.note(HAND, by_hand(steps, watch))
        measured.note(DUCKDB, by_duckdb(steps, folder, watch))
        said = ", ".join(f"{name} {each[-1].seconds:.1f}" for name, each in measured.took.items())
        tell(f"round {number + 1}, seconds: {said}")
    cluster.drop(steps.databases)
    return [table(measured, rows, size)]


def forget(steps: Steps) -> None:
    """An empty warehouse, and readers who have nothing."""
    with psycopg.connect(steps.databases.superuser_url(), autocommit=True) as bank:
        bank.execute("truncate stats.stats, stats.account, stats.metric, stats.bank_daily, pipeline.publication")
        bank.execute("checkpoint")
    with database.connect(steps.warehouse_url) as warehouse:
        warehouse.execute("set client_min_messages = warning")
        warehouse.execute("drop schema if exists raw, staging, intermediate, marts, pipeline cascade")


def by_hand(steps: Steps, watch: Stopwatch) -> Took:
    """One hand-written statement for the same three statistics, over the same raw table."""
    with psycopg.connect(steps.warehouse_url, autocommit=True) as warehouse:
        # Autovacuum would have done it minutes ago.
        warehouse.execute("vacuum (analyze) raw.transaction, raw.account")
        took = watch.take(lambda: warehouse.execute(BY_HAND.read_bytes()))
        row = warehouse.execute(
            "select (select count(*) from by_hand where type = 'daily'), (select count(*) from marts.stats_daily)"
        ).fetchone()
    # Those left back as too recent are in none of the marts.
    if row is None or abs(row[0] - row[1]) > 0.02 * row[1]:
        raise RuntimeError(f"the statement by hand does not give the same rows: {row}")
    return took


def by_duckdb(steps: Steps, folder: Path, watch: Stopwatch) -> Took:
    """DuckDB in this process, with two threads, from Parquet files that it wrote before."""
    with duckdb.connect(config={"threads": 2}) as engine:
        engine.execute("set timezone = 'UTC'")
        files = {}
        for name, columns in (
            (
                "transaction",
                "account_id, counterparty, amount, balance_after, sequence, at at time zone 'UTC' as posted_at",
            ),
            ("account", "id, opened_at at time zone 'UTC' as opened_at"),
        ):
            source, file = folder / f"{name}.csv", folder / f"{name}.parquet"
            query = f"copy (select {columns} from raw.{name}) to stdout (format csv, header)"
            with (
                psycopg.connect(steps.warehouse_url) as warehouse,
                warehouse.cursor().copy(query) as rows,
                source.open("wb") as sink,
            ):
                for data in rows:
                    sink.write(data)
            engine.execute(f"copy (select * from read_csv('{source}')) to '{file}' (format parquet)")
            source.unlink()
            files[f"{name}s"] = str(file)
        query = BY_DUCKDB.read_text().format(**files)
        took = watch.take(lambda: engine.execute(query))
        _compare(engine, steps)
    return took


def _compare(engine: duckdb.DuckDBPyConnection, steps: Steps) -> None:
    """Raises RuntimeError unless DuckDB's figures are those of the marts, each summed over all rows."""
    names = [row[0] for row in engine.execute("describe by_duckdb").fetchall()[4:]]
    sums = ", ".join(f"sum({name})::bigint" for name in ("1", *names))
    with psycopg.connect(steps.warehouse_url) as warehouse:
        for period in ("daily", "weekly", "monthly"):
            theirs = engine.execute(f"select {sums} from by_duckdb where type = '{period}'").fetchone()
            ours = warehouse.execute(f"select {sums} from marts.stats_{period}").fetchone()
            if theirs != ours:
                raise RuntimeError(f"DuckDB's {period} figures differ ({names}): {theirs}, ours {ours}")


def table(measured: Contenders, rows: int, size: Size) -> Table:
    """All contenders, in the order in which they came."""
    made = Table(
        "Rebuild",
        f"{rows:,} transactions of {size.accounts:,} accounts, everything from nothing, without Dagster; "
        f"{size.rounds} rounds, the middle one counts, and the middle of the rounds' ratios. By hand: one SQL "
        "statement over the same raw table that writes daily, weekly and monthly statistics into a table without "
        "a key, a test or a proof. DuckDB: the same figures from Parquet, two threads. Processor seconds are "
        "those of Postgres and of this process.",
        ["", "seconds", "processor seconds", "of by hand", "of DuckDB"],
    )
    for name in measured.took:
        middle = measured.middle(name)
        made.add(
            name,
            f"{middle.seconds:.1f}",
            f"{middle.processor_seconds:.1f}",
            ratio(measured.times(name, HAND), GOALS.get(name, "")),
            ratio(measured.times(name, DUCKDB), "≤ 5×" if name == ALL else ""),
        )
    return made
