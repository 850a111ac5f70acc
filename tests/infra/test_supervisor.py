"""Starting, keeping and ending parts."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from infra.local import processes, supervisor
from infra.local.errors import LocalError
from infra.local.part import Element, Step
from infra.local.probes import Health
from infra.local.record import RunRecord
from infra.local.state import StateFolder
from infra.local.supervisor import Supervisor
from tests.infra.dummies import dummy, notes


class Watched:
    """A supervisor and what it told."""

    def __init__(self, folder: Path, elements: Sequence[Element]) -> None:
        self.folder = folder
        self.events: list[str] = []
        self.record = RunRecord(os.getpid(), {})
        self.supervisor = Supervisor(
            elements, StateFolder(folder), self.record, lambda name, event: self.events.append(f"{name} {event}")
        )

    def pid(self, name: str) -> int:
        pid = self.record.parts[name].pid
        assert pid is not None
        return pid

    def left(self) -> int:
        return len(processes.marked(self.folder))


async def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def started(folder: Path, *elements: Element) -> AsyncIterator[Watched]:
    watched = Watched(folder, elements)
    try:
        await watched.supervisor.start()
        yield watched
    finally:
        await watched.supervisor.stop()
        assert watched.left() == 0


class TestOrder:
    def test_starts_after_and_ends_before_what_it_builds_upon(self, tmp_path: Path) -> None:
        done: list[str] = []

        async def scenario() -> None:
            async with started(
                tmp_path,
                dummy("app", tmp_path, after=("service",)),
                dummy("service", tmp_path, after=("migrate",)),
                Step("migrate", lambda: done.append(notes(tmp_path)[-1]), after=("database",)),
                dummy("database", tmp_path),
            ):
                assert done == ["start database"]

        asyncio.run(scenario())
        assert notes(tmp_path) == [
            *("start database", "start service", "start app"),
            *("end app", "end service", "end database"),
        ]

    def test_record_tells_what_runs(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(tmp_path, dummy("service", tmp_path)) as watched:
                read = RunRecord.read(StateFolder(tmp_path).run_record)
                assert read is not None
                assert read.parts["service"].state == "running"
                assert read.parts["service"].process is not None
                assert read.parts["service"].process.pid == watched.pid("service")
            read = RunRecord.read(StateFolder(tmp_path).run_record)
            assert read is not None
            assert read.parts["service"].state == "stopped"
            assert read.parts["service"].process is None

        asyncio.run(scenario())


class TestDeath:
    def test_a_killed_part_is_started_again_and_named(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(tmp_path, dummy("service", tmp_path), dummy("other", tmp_path)) as watched:
                first, other = watched.pid("service"), watched.pid("other")
                os.kill(first, signal.SIGKILL)
                await until(lambda: watched.events.count("service is ready") == 2)
                assert "service ended (signal 9); starting it again" in watched.events
                assert watched.pid("service") != first
                assert watched.pid("other") == other
                assert watched.record.parts["service"].restarts == 1

        asyncio.run(scenario())

    def test_what_a_dead_part_had_started_is_ended_first(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(tmp_path, dummy("service", tmp_path, mode="parent")) as watched:
                first = watched.pid("service")
                assert len(processes.of_session(first)) == 2
                os.kill(first, signal.SIGKILL)
                await until(lambda: watched.events.count("service is ready") == 2)
                assert processes.of_session(first) == []

        asyncio.run(scenario())

    def test_a_part_that_keeps_dying_is_given_up_with_its_reason(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)

        async def scenario() -> None:
            async with started(tmp_path, dummy("good", tmp_path), dummy("sick", tmp_path, mode="dies")):
                pass

        with pytest.raises(LocalError, match=r"sick keeps ending \(exit code 3\)(.|\n)*the reason why it dies"):
            asyncio.run(scenario())
        assert notes(tmp_path).count("start sick") == supervisor.MAX_DEATHS

    def test_giving_up_one_leaves_the_others(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)

        async def scenario() -> None:
            async with started(tmp_path, dummy("good", tmp_path), dummy("sick", tmp_path)) as watched:
                for ready in range(1, supervisor.MAX_DEATHS + 1):
                    await until(lambda ready=ready: watched.events.count("sick is ready") == ready)  # type: ignore[misc]
                    os.kill(watched.pid("sick"), signal.SIGKILL)
                await until(lambda: watched.record.parts["sick"].state == "failed")
                assert watched.record.parts["good"].state == "running"
                assert any(event.startswith("sick keeps ending (signal 9)") for event in watched.events)

        asyncio.run(scenario())


class TestStart:
    def test_a_step_that_fails_ends_the_start(self, tmp_path: Path) -> None:
        def fail() -> None:
            raise LocalError("the migration failed")

        async def scenario() -> None:
            async with started(
                tmp_path,
                dummy("database", tmp_path),
                Step("migrate", fail, after=("database",)),
                dummy("service", tmp_path, after=("migrate",)),
            ):
                pass

        with pytest.raises(LocalError, match="the migration failed"):
            asyncio.run(scenario())
        assert notes(tmp_path) == ["start database", "end database"]

    def test_a_part_that_never_gets_ready_ends_the_start(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(supervisor, "READY_WITHIN_S", 0.3)
        silent = dummy("silent", tmp_path)

        async def never() -> Health:
            return Health.SLOW

        async def scenario() -> None:
            async with started(tmp_path, silent.__class__(**{**vars(silent), "probe": never})):
                pass

        with pytest.raises(LocalError, match=r"silent was not ready within 0 s"):
            asyncio.run(scenario())


class TestStop:
    def test_ends_what_ignores_being_asked(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(tmp_path, dummy("stubborn", tmp_path, mode="stubborn")):
                pass

        asyncio.run(scenario())
        assert notes(tmp_path) == ["start stubborn"]

    def test_ends_grandchildren_also_in_sessions_of_their_own(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(tmp_path, dummy("parent", tmp_path, mode="parent")) as watched:
                assert watched.left() == 3

        asyncio.run(scenario())

    def test_during_the_start(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            watched = Watched(
                tmp_path,
                [
                    dummy("database", tmp_path),
                    Step("slow", lambda: time.sleep(1), after=("database",)),
                    dummy("service", tmp_path, after=("slow",)),
                ],
            )
            starting = asyncio.ensure_future(watched.supervisor.start())
            await until(lambda: "database is ready" in watched.events)
            starting.cancel()
            await watched.supervisor.stop()
            assert watched.left() == 0

        asyncio.run(scenario())
        assert notes(tmp_path) == ["start database", "end database"]
