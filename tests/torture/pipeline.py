"""The pipeline's steps, ended by kill -9 before a statement that they send, and what the next run makes of it.

A refresh runs in a process of its own, and kills itself before the n-th statement of one of its steps: what it has
open then stays as any killed process leaves it. The next refresh must find everything once, prove everything, and
publish what the ledger says.
"""

import json
import os
import random
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from dbt.adapters.sql.connections import SQLConnectionManager

from pipelines import database
from pipelines.transform.project import Project
from tests.cluster import Cluster
from tests.emulator import emulated_aws
from tests.pipelines.conftest import make_bank
from tests.pipelines.steps import Steps
from tests.torture.evidence import Discrepancy

STEPS = ("extract", "build", "prove", "publish")
FIRST_MINOR, EACH_MINOR = 1_000_000, 1

Progress = Callable[[int], None]


@dataclass(frozen=True)
class PipelinePlan:
    """How many kills, spread over all statements (0: before each of them). Nothing new begins after `seconds`."""

    kills: int
    seconds: float
    seed: int


@dataclass
class PipelineOutcome:
    """`statements` that each step sends, and before which of them it was killed."""

    statements: dict[str, int]
    killed: dict[str, list[int]] = field(default_factory=lambda: {step: [] for step in STEPS})
    took_s: float = 0.0

    @property
    def kills(self) -> int:
        """How many there were."""
        return sum(map(len, self.killed.values()))


class Fuse:
    """Counts the statements of each step in this process, and burns through before one of them."""

    def __init__(self, step: str = "", statement: int = 0) -> None:
        self._ends_at = (step, statement)
        self._step = ""
        self.counts = dict.fromkeys(STEPS, 0)

    def enter(self, step: str) -> None:
        """What comes now belongs to this step."""
        self._step = step

    def burn(self) -> None:
        """To be called before each statement."""
        self.counts[self._step] += 1
        if (self._step, self.counts[self._step]) == self._ends_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def light(self) -> None:
        """From now on every connection of this process counts: ours, their begins and commits, and dbt's."""
        burn, connect = self.burn, database.connect
        command = psycopg.Connection._exec_command
        add_query, commit = SQLConnectionManager.add_query, SQLConnectionManager.commit

        class Cursor(psycopg.Cursor[Any]):
            def execute(self, *arguments: Any, **options: Any) -> Any:
                burn()
                return super().execute(*arguments, **options)

            def copy(self, *arguments: Any, **options: Any) -> Any:
                burn()
                return super().copy(*arguments, **options)

        def connect_counting(url: str) -> Any:
            connection = connect(url)
            connection.cursor_factory = Cursor
            return connection

        def counting(function: Any) -> Any:
            def counted(*arguments: Any, **options: Any) -> Any:
                burn()
                return function(*arguments, **options)

            return counted

        database.connect = connect_counting
        psycopg.Connection._exec_command = counting(command)  # type: ignore[method-assign]
        SQLConnectionManager.add_query = counting(add_query)  # type: ignore[method-assign]
        SQLConnectionManager.commit = counting(commit)  # type: ignore[method-assign]


@dataclass
class PipelineTorture:
    """A bank whose ledger moves between the kills; all of its refreshes run in forks of this process."""

    steps: Steps
    folder: Path

    def __post_init__(self) -> None:
        self.bank = make_bank(self.steps.databases)
        self.accounts = [self.bank.ledger.open_account() for _ in range(2)]
        self.bank.ledger.deposit(self.accounts[0], FIRST_MINOR)

    def run(self, plan: PipelinePlan, progress: Progress) -> PipelineOutcome:
        """Raises Discrepancy as soon as one is seen."""
        began = time.monotonic()
        self._refresh()
        self._move()
        outcome = PipelineOutcome(self._refresh())
        for step, statement in places(outcome.statements, plan.kills, plan.seed):
            if time.monotonic() - began > plan.seconds:
                break
            before = self._published()
            self._move()
            if not self._is_killed(step, statement):
                continue
            if self._published() not in (before, self._ledger()):
                raise Discrepancy(f"killed before statement {statement} of {step}: half a publication is there")
            self._refresh()
            self._check(f"killed before statement {statement} of {step}")
            outcome.killed[step].append(statement)
            progress(outcome.kills)
        outcome.took_s = time.monotonic() - began
        return outcome

    def _move(self) -> None:
        source, destination = self.accounts
        self.bank.ledger.transfer(source, destination, EACH_MINOR)

    def _is_killed(self, step: str, statement: int) -> bool:
        status, _ = self._fork(Fuse(step, statement))
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return True
        if status != 0:
            raise Discrepancy(f"a refresh failed that was to be killed before statement {statement} of {step}")
        return False

    def _refresh(self) -> dict[str, int]:
        """A refresh that nobody kills: how many statements each step sent."""
        status, report = self._fork(Fuse())
        if status != 0:
            raise Discrepancy(f"the refresh after a kill failed:\n{report}")
        counts: dict[str, int] = json.loads(report)
        return counts

    def _fork(self, fuse: Fuse) -> tuple[int, str]:
        report = self.folder / "report"
        report.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                self._refresh_here(fuse)
                report.write_text(json.dumps(fuse.counts))
                code = 0
            except BaseException:
                report.write_text(traceback.format_exc())
            finally:
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        return status, report.read_text() if report.exists() else ""

    def _refresh_here(self, fuse: Fuse) -> None:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        fuse.light()
        for step in STEPS:
            fuse.enter(step)
            result = self.steps.prove(everything=True) if step == "prove" else getattr(self.steps, step)()
            if step == "prove" and (broken := [proof.in_words() for proof in result.values() if not proof.passed]):
                raise Discrepancy("; ".join(broken))

    def _published(self) -> list[tuple[object, ...]]:
        """(account, movements, balance) as readers are told."""
        return self.bank.published("""
            select account_id, sum((metrics ->> 'transaction_count')::bigint)::bigint,
                   (array_agg((metrics ->> 'closing_balance')::bigint order by period_start desc))[1]
            from stats.stats where type = 'daily' group by account_id order by account_id
        """)

    def _ledger(self) -> list[tuple[object, ...]]:
        """The same as the ledger has it."""
        with self.bank.ledger.connect() as connection:
            return connection.execute(
                "select id, last_sequence, total from accounts.account where last_sequence > 0 order by id"
            ).fetchall()

    def _check(self, where: str) -> None:
        if self.bank.raw_transactions() != self.bank.ledger.transactions():
            raise Discrepancy(f"{where}: the copy differs from the ledger")
        if self._published() != self._ledger():
            raise Discrepancy(f"{where}: what is published differs from the ledger")


def torture_pipeline(plan: PipelinePlan, progress: Progress) -> PipelineOutcome:
    """The same on a Postgres of its own, in a temporary folder. Raises Discrepancy."""
    with tempfile.TemporaryDirectory(prefix="tidemark-torture-") as name, emulated_aws() as aws:
        folder = Path(name)
        cluster = Cluster(folder, aws)
        cluster.start()
        try:
            steps = Steps(cluster.create(), folder / "dbt")
            Project(steps.project, steps.target).parse(steps.warehouse_url, write_manifest=True)
            return PipelineTorture(steps, folder).run(plan, progress)
        finally:
            cluster.server.stop()


def places(statements: dict[str, int], kills: int, seed: int) -> Iterator[tuple[str, int]]:
    """(step, statement) before which to kill: all of them in order, or so many, of every step, in random order."""
    everywhere = {step: range(1, count + 1) for step, count in statements.items()}
    if kills <= 0 or kills >= sum(statements.values()):
        yield from ((step, statement) for step, all_ in everywhere.items() for statement in all_)
        return
    dice = random.Random(seed)
    left = {step: dice.sample(all_, len(all_)) for step, all_ in everywhere.items()}
    for number in range(kills):
        step = STEPS[number % len(STEPS)]
        if not left[step]:
            step = max(left, key=lambda each: len(left[each]))
        yield step, left[step].pop()
