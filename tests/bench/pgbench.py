"""pgbench of the embedded Postgres: one driver for every contender in the database."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.bench.libpq import BIN, libpq


@dataclass(frozen=True)
class Load:
    """How hard and for how long: `clients` connections on two threads, for `seconds`."""

    clients: int
    seconds: int


def run(url: str, script: Path | None, load: Load) -> float:
    """Transactions a second of a script (None: pgbench's own TPC-B). Raises RuntimeError when one failed."""
    what = ["-b", "tpcb-like"] if script is None else ["-f", str(script)]
    threads = str(min(2, load.clients))
    said = _pgbench(
        url, "-n", "-M", "prepared", "-c", str(load.clients), "-j", threads, "-T", str(load.seconds), *what
    )
    failed = re.search(r"number of failed transactions: (\d+)", said)
    rate = re.search(r"^tps = ([0-9.]+)", said, re.MULTILINE)
    if rate is None or failed is None or failed[1] != "0" or "aborted" in said:
        raise RuntimeError(f"pgbench: {said}")
    return float(rate[1])


def make_tpcb(url: str, scale: int) -> None:
    """TPC-B's tables, 100,000 accounts for each of `scale` branches."""
    _pgbench(url, "-i", "-q", "-s", str(scale))


def _pgbench(url: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(BIN / "pgbench"), *arguments],
        env=libpq(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"pgbench ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr
