"""What a whole bank costs when nothing happens: processor time by part, and how the disk fills."""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from infra.local import processes
from infra.local.record import RunRecord
from infra.local.state import StateFolder
from tests.bench.bank import ServingBank
from tests.bench.report import Table
from tests.e2e.people import wait_for_statistics

MONTH_S = 30 * 24 * 3600
FIRST_WITHIN_S = 120.0
DOCUMENTED_WITHIN_S = 120.0
# Before their first autovacuum tables grow by what they overwrite, and keep that size.
SETTLE_S = 90.0
CORE_GOAL_PERCENT = 3
DISK_GOAL_MB = 200
WRITE_AHEAD_LOG = "postgres/pg_wal"


@dataclass(frozen=True)
class Look:
    """`cpu`: seconds by part since its start. `disk`: bytes by folder or database. `tables`: bytes by table."""

    at: float
    cpu: Mapping[str, float]
    disk: Mapping[str, int]
    tables: Mapping[str, int]
    written: int


def run(bank: ServingBank, minutes: float, tell: Callable[[str], None]) -> list[Table]:
    """Give the bank a customer with published statistics, leave it alone, and compare two looks at it."""
    person = bank.customer()
    account_id = person.open_account()["account_id"]
    person.deposit(account_id, 100)
    wait_for_statistics(person, account_id, 1, FIRST_WITHIN_S)
    bank.wait_for_docs(DOCUMENTED_WITHIN_S)
    time.sleep(min(SETTLE_S, minutes * 60))
    first = look(bank)
    tell(f"idle for {minutes:g} minutes from now")
    time.sleep(minutes * 60)
    second = look(bank)
    return [cpu_table(first, second), disk_table(first, second)]


def look(bank: ServingBank) -> Look:
    """Everything now."""
    disk, tables, written = stored(bank)
    return Look(time.monotonic(), cpu_seconds(bank.home), folders(bank.home) | disk, tables, written)


def cpu_seconds(home: Path) -> dict[str, float]:
    """Of each part with all that it started, ended or not."""
    record = RunRecord.read(StateFolder(home).run_record)
    assert record is not None
    parts = {part.name: part.process for part in record.parts.values()}
    used = {
        name: sum(map(_with_ended, processes.with_descendants([process])))
        for name, process in parts.items()
        if process is not None
    }
    supervisor = psutil.Process(record.pid)
    return {"tidemark up": sum(supervisor.cpu_times()[:2]), **used}


def _with_ended(process: psutil.Process) -> float:
    """A process and those of its children that have ended, which belong to nobody else any more."""
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def folders(home: Path) -> dict[str, int]:
    """Bytes on the disk of each folder of the state, Postgres' data apart."""
    inside = [path for path in home.iterdir() if path.is_dir() and path.name != "postgres"]
    return {path.name: _size(path) for path in inside} | {WRITE_AHEAD_LOG: _size(home / "postgres" / "pg_wal")}


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            size += path.lstat().st_blocks * 512
    return size


def stored(bank: ServingBank) -> tuple[dict[str, int], dict[str, int], int]:
    """Bytes of each database; of each table with its indexes; of write-ahead log since the server was made."""
    databases: dict[str, int] = {}
    tables: dict[str, int] = {}
    for name in ("bank", "warehouse", "dagster"):
        with psycopg.connect(bank.superuser_url(name)) as connection:
            rows = connection.execute(
                "select oid::regclass::text, pg_total_relation_size(oid) from pg_class where relkind in ('r', 'm')"
            ).fetchall()
            tables.update((f"{name}: {table}", size) for table, size in rows)
            row = connection.execute(
                "select pg_database_size(current_database()), pg_current_wal_lsn() - '0/0'"
            ).fetchone()
        assert row is not None
        databases[f"database {name}"], written = row[0], int(row[1])
    return databases, tables, written


def cpu_table(first: Look, second: Look) -> Table:
    """The parts, the dearest first."""
    seconds = second.at - first.at
    made = Table(
        "Idle: processor time",
        f"A whole bank with one customer left alone for {seconds / 60:.0f} minutes; percent of one core.",
        ["part", "%"],
    )
    shares = {name: 100 * (used - first.cpu.get(name, 0)) / seconds for name, used in second.cpu.items()}
    for name, share in sorted(shares.items(), key=lambda each: -each[1]):
        made.add(name, f"{share:.2f}")
    made.add("all", f"**{sum(shares.values()):.2f}** (goal ≤ {CORE_GOAL_PERCENT})")
    return made


def disk_table(first: Look, second: Look) -> Table:
    """What grew."""
    months = MONTH_S / (second.at - first.at)
    growth = {name: second.disk[name] - first.disk.get(name, 0) for name in second.disk}
    made = Table(
        "Idle: disk",
        f"What grew in {(second.at - first.at) / 60:.0f} minutes, and in a month at that rate, in MB.",
        ["folder or database", "MB", "MB a month"],
    )
    for name, size in sorted(growth.items(), key=lambda each: -each[1]):
        if size:
            made.add(name, f"{size / 1e6:.3f}", f"{size * months / 1e6:,.0f}")
    all_but_log = sum(size for name, size in growth.items() if name != WRITE_AHEAD_LOG)
    made.add(
        f"all but {WRITE_AHEAD_LOG}",
        f"{all_but_log / 1e6:.3f}",
        f"**{all_but_log * months / 1e6:,.0f}** (goal ≤ {DISK_GOAL_MB})",
    )
    made.remarks.append(
        f"Postgres keeps its write-ahead log within max_wal_size and uses its files again. Written to it: "
        f"{(second.written - first.written) * months / 1e6:,.0f} MB a month."
    )
    grown = {name: size - first.tables.get(name, 0) for name, size in second.tables.items()}
    names = [f"{name} {size // 1024} KiB" for name, size in sorted(grown.items(), key=lambda t: -t[1]) if size > 0]
    made.remarks.append(f"Tables that grew, by pages of 8 KiB: {', '.join(names) or 'none'}.")
    return made
