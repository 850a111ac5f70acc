"""The extract against two psql COPYs joined by a pipe, and against dlt."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import psycopg

from infra.local.settings import CHECKOUT
from pipelines import database
from pipelines.extract.service import extract
from pipelines.extract.source import TRANSACTION_COLUMNS
from tests.bench import history
from tests.bench.libpq import BIN, libpq
from tests.bench.report import Table, ratio
from tests.cluster import Cluster, Databases

COLUMNS = ", ".join(TRANSACTION_COLUMNS)
OUT = f"copy (select {COLUMNS}, 1::bigint from accounts.transaction) to stdout (format binary)"
IN = f"copy raw.transaction ({COLUMNS}, batch_id) from stdin (format binary)"


@dataclass(frozen=True)
class Size:
    """`rows` in the ledger; dlt, which is slower, gets a ledger of `dlt_rows`."""

    rounds: int = 3
    accounts: int = 10_000
    rows: int = 1_000_000
    dlt_rows: int = 100_000
    dlt_backends: tuple[str, ...] = ("sqlalchemy", "pyarrow")


def run(cluster: Cluster, size: Size, folder: Path, tell: Callable[[str], None]) -> list[Table]:
    """A whole ledger into an empty warehouse, each contender in turns."""
    large, small = cluster.create(), cluster.create()
    rows = history.write(large.superuser_url(), size.accounts, size.rows)
    dlt_accounts = min(size.accounts, size.dlt_rows // 10)
    dlt_rows = history.write(small.superuser_url(), dlt_accounts, size.dlt_rows)
    with database.connect(large.warehouse_url) as warehouse:
        database.prepare(warehouse)
    contenders: dict[str, Callable[[], float]] = {
        "Tidemark's extract": lambda: rows / timed(lambda: extract(large.url("extractor"), large.warehouse_url)),
        "psql COPY | psql COPY": lambda: rows / timed(lambda: piped(large)),
    }
    for backend in size.dlt_backends:
        took = partial(dlt_seconds, small, backend, folder)
        contenders[f"dlt sql_database, backend {backend}"] = partial(_rate, dlt_rows, took)
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(size.rounds):
        for name, measure in contenders.items():
            empty(large)
            rates[name].append(measure())
            tell(f"round {number + 1}: {name}: {rates[name][-1]:,.0f} rows/s")
    cluster.drop(large)
    cluster.drop(small)
    return [table(size, rows, {name: median(found) for name, found in rates.items()})]


def table(size: Size, rows: int, rates: dict[str, float]) -> Table:
    """Rows a second, and how many times the others' that is."""
    made = Table(
        "Extract",
        f"{rows:,} transactions of {size.accounts:,} accounts into an empty warehouse (dlt: {size.dlt_rows:,}), "
        f"{size.rounds} interleaved rounds, the middle one counts. The first two fill the same table; "
        "the extract builds its indexes at the end of a full copy, and also carries accounts, totals and its "
        "watermark, and gathers statistics.",
        ["contender", "rows/s", "the extract is"],
    )
    names = list(rates)
    goals = {names[1]: "0.8×", names[2]: "8×"}
    for name, rate in rates.items():
        made.add(name, f"{rate:,.0f}", ratio(rates[names[0]] / rate, goals.get(name, "")))
    made.remarks.append("dlt's table has no key and no index; `sqlalchemy` is its default backend.")
    return made


def _rate(rows: int, seconds: Callable[[], float]) -> float:
    return rows / seconds()


def timed(work: Callable[[], object]) -> float:
    """How long it takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def empty(databases: Databases) -> None:
    """A warehouse into which nothing was extracted yet."""
    with psycopg.connect(databases.warehouse_url, autocommit=True) as connection:
        connection.execute("truncate raw.transaction, raw.account, raw.batch")


def piped(databases: Databases) -> None:
    """What a shell does: psql -c 'copy … to stdout' | psql -c 'copy … from stdin'."""
    with subprocess.Popen(
        [str(BIN / "psql"), "-X", "-q", "-c", OUT], env=libpq(databases.superuser_url()), stdout=subprocess.PIPE
    ) as reading:
        subprocess.run(
            [str(BIN / "psql"), "-X", "-q", "-c", IN],
            env=libpq(databases.warehouse_url),
            stdin=reading.stdout,
            check=True,
        )
    if reading.returncode != 0:
        raise RuntimeError("psql could not read the ledger")


def dlt_seconds(databases: Databases, backend: str, folder: Path) -> float:
    """How long dlt takes, its import and start left out."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.bench.dlt_copy",
            databases.superuser_url(),
            databases.warehouse_url,
            backend,
        ],
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DLT_DATA_DIR": str(folder / "dlt"),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds: float = json.loads(done.stdout.splitlines()[-1])
    return seconds
