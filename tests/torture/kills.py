"""Ends processes of a running bank by kill -9, and takes the time until they are back."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil
import psycopg

from infra.local.bank import Bank
from infra.local.record import PartRecord, RunRecord
from tests.torture.client import Quota
from tests.torture.evidence import Discrepancy, Evidence

BACK_WITHIN_S = 90.0
POLL_S = 0.02
SERVICES = ("accounts-1", "accounts-2", "accounts-1", "accounts-2", "users-1")
OTHERS = ("a service's worker", "a database session", "gateway")


@dataclass(frozen=True)
class Kill:
    """One that was killed: of what kind, at which moment (monotonic clock), and how long it was away."""

    kind: str
    at: float
    away_s: float


def kinds(count: int, seed: int) -> Iterator[str]:
    """What to kill: of every three a service, the database server and another thing, in random order."""
    dice = random.Random(seed)
    for first in range(0, count, 3):
        three = ["service", "postgres", dice.choice(OTHERS)]
        dice.shuffle(three)
        yield from three[: count - first]


@dataclass
class Killer:
    """Kills `count` times, evenly over the `operations`, until `is_over`; lets no client run far ahead of it."""

    bank: Bank
    evidence: Evidence
    quota: Quota
    operations: int
    count: int
    seed: int
    is_over: Callable[[], bool]
    kills: list[Kill] = field(default_factory=list)

    def work(self) -> None:
        """Raises Discrepancy when something does not come back."""
        dice = random.Random(self.seed)
        for number, kind in enumerate(kinds(self.count, self.seed)):
            share = self.operations / self.count
            due = share * (number + dice.random())
            self.quota.release(due + share / 2)
            while self.evidence.operations < due:
                if self.is_over():
                    return
                time.sleep(POLL_S)
            self._kill(kind, dice)
        self.quota.release(self.operations)

    def _kill(self, kind: str, dice: random.Random) -> None:
        name = {"service": dice.choice(SERVICES), "a service's worker": dice.choice(SERVICES)}.get(kind, kind)
        at = time.monotonic()
        if kind == "a database session":
            self._kill_session()
        else:
            record = self._part(name)
            process = record.process
            if process is None:
                raise Discrepancy(f"{name} is not there")
            victims = process.children() if kind == "a service's worker" else [process]
            for victim in victims:
                victim.kill()
            self._wait(lambda: self._is_back(name, record.pid), name)
        self.kills.append(Kill(kind, at, time.monotonic() - at))

    def _kill_session(self) -> None:
        """The server then ends all sessions and recovers; ours tells when that has begun."""
        postmaster = self._part("postgres").process
        children = postmaster.children() if postmaster else []
        sessions = [child for child in children if "accounts_app" in " ".join(child.cmdline())]
        with psycopg.connect(self.bank.postgres_url, autocommit=True) as own:
            (sessions or [psutil.Process(own.info.backend_pid)])[0].kill()
            self._wait(lambda: not _answers(own), "the crash of the database")
        self._wait(self._accepts_connections, "the database")

    def _accepts_connections(self) -> bool:
        try:
            psycopg.connect(self.bank.postgres_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _is_back(self, name: str, before: int | None) -> bool:
        part = self._part(name)
        return part.state == "running" and part.pid != before

    def _part(self, name: str) -> PartRecord:
        record = RunRecord.read(self.bank.state.run_record)
        if record is None:
            raise Discrepancy("tidemark up has ended")
        return record.parts[name]

    def _wait(self, condition: Callable[[], bool], name: str) -> None:
        deadline = time.monotonic() + BACK_WITHIN_S
        while not condition():
            if time.monotonic() > deadline:
                raise Discrepancy(f"{name} did not come back within {BACK_WITHIN_S:.0f} s")
            time.sleep(POLL_S)


def _answers(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True
