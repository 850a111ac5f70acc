"""Starting, keeping and ending parts."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from infra.local import processes, supervisor
from infra.local.errors import LocalError
from infra.local.probes import Health
from infra.local.record import RunRecord
from infra.local.state import StateFolder
from infra.local.supervised import Step
from tests.infra.dummies import dummy, notes
from tests.infra.watched import Watched, started, until

pytestmark = pytest.mark.slow


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
        assert notes(tmp_path).count("start sick") == supervisor.DEATHS_MAX

    def test_giving_up_one_leaves_the_others(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)

        async def scenario() -> None:
            async with started(tmp_path, dummy("good", tmp_path), dummy("sick", tmp_path)) as watched:
                for ready in range(1, supervisor.DEATHS_MAX + 1):
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


class TestAdd:
    def test_comes_beside_its_group_and_ends_before_what_it_builds_upon(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(
                tmp_path,
                dummy("database", tmp_path),
                dummy("service-1", tmp_path, after=("database",), group="service"),
                dummy("gateway", tmp_path, after=("service",)),
            ) as watched:
                await watched.supervisor.add(dummy("service-2", tmp_path, after=("database",), group="service"))
                read = RunRecord.read(StateFolder(tmp_path).run_record)
                assert read is not None
                assert list(read.parts) == ["database", "service-1", "service-2", "gateway"]
                assert read.parts["service-2"].state == "running"

        asyncio.run(scenario())
        ends = [note for note in notes(tmp_path) if note.startswith("end")]
        assert (ends[0], ends[-1]) == ("end gateway", "end database")

    def test_is_kept_running_as_the_others(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(tmp_path, dummy("service-1", tmp_path, group="service")) as watched:
                await watched.supervisor.add(dummy("service-2", tmp_path, group="service"))
                os.kill(watched.pid("service-2"), signal.SIGKILL)
                await until(lambda: watched.events.count("service-2 is ready") == 2)

        asyncio.run(scenario())

    def test_one_that_does_not_start_is_forgotten_and_the_others_go_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)

        async def scenario() -> None:
            async with started(tmp_path, dummy("service-1", tmp_path, group="service")) as watched:
                sick = dummy("service-2", tmp_path, mode="dies", group="service")
                with pytest.raises(LocalError, match="service-2 keeps ending"):
                    await watched.supervisor.add(sick)
                assert not watched.supervisor.broken.done()
                assert list(watched.record.parts) == ["service-1"]
                await watched.supervisor.add(dummy("service-2", tmp_path, group="service"))
                assert watched.record.parts["service-1"].state == "running"

        asyncio.run(scenario())


class TestRemove:
    def test_ends_and_is_forgotten(self, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(
                tmp_path, dummy("service-1", tmp_path, group="service"), dummy("other", tmp_path)
            ) as watched:
                pid = watched.pid("service-1")
                await watched.supervisor.remove("service-1")
                assert processes.of_session(pid) == []
                assert watched.supervisor.pid("service-1") is None
                read = RunRecord.read(StateFolder(tmp_path).run_record)
                assert read is not None
                assert list(read.parts) == ["other"]
                assert not watched.supervisor.broken.done()

        asyncio.run(scenario())
        assert notes(tmp_path)[-2:] == ["end service-1", "end other"]
