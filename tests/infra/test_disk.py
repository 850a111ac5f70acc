"""A full disk: parts wait for space, and everything can be ended without any."""

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from infra.local import disk, supervisor
from infra.local.record import RunRecord
from infra.local.state import StateFolder
from tests.infra.dummies import dummy, notes
from tests.infra.watched import started, until

pytestmark = pytest.mark.slow


class Disk:
    """A small file system of its own where one can be mounted, else a folder whose writes are refused."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._patch = monkeypatch
        mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tidemark-test", str(folder)]
        self.is_real = (
            os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
        )
        monkeypatch.setattr(disk, "FULL_BELOW_BYTES", 1 << 20)

    def fill(self) -> None:
        if self.is_real:
            with contextlib.suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as file:
                while file.write(b"x" * 4096):
                    pass
            with pytest.raises(OSError, match="No space left"):
                (self.folder / "more").write_text("x" * 8192)
        else:
            self._patch.setattr(disk, "is_full", lambda _: True)
            self._patch.setattr(supervisor, "open_log", self._refuse)
            self._patch.setattr(RunRecord, "write", self._refuse)

    def free(self) -> None:
        if self.is_real:
            (self.folder / "ballast").unlink()
        else:
            self._patch.undo()

    def end(self) -> None:
        if self.is_real:
            subprocess.run(["umount", str(self.folder)], check=True)

    @staticmethod
    def _refuse(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TestFullDisk:
    @pytest.fixture
    def small(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
        monkeypatch.setattr(supervisor, "SPACE_POLL_S", 0.05)
        monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)
        (tmp_path / "small").mkdir()
        small = Disk(tmp_path / "small", monkeypatch)
        yield small
        small.end()

    def test_what_dies_comes_back_when_there_is_space(self, small: Disk, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(small.folder, dummy("service", tmp_path), dummy("other", tmp_path)) as watched:
                small.fill()
                first, other = watched.pid("service"), watched.pid("other")
                os.kill(first, signal.SIGKILL)
                await until(lambda: watched.record.parts["service"].state == "disk full")
                assert watched.pid("other") == other
                assert not watched.supervisor.broken.done()
                small.free()
                await until(lambda: watched.events.count("service is ready") == 2)
                assert watched.pid("service") != first

                def is_recorded() -> bool:
                    read = RunRecord.read(StateFolder(small.folder).run_record)
                    return read is not None and read.parts["service"].pid == watched.pid("service")

                await until(is_recorded)

        asyncio.run(scenario())

    def test_however_often_it_dies_it_is_not_given_up(self, small: Disk, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(small.folder, dummy("service", tmp_path)) as watched:
                for death in range(1, supervisor.DEATHS_MAX + 2):
                    small.fill()
                    os.kill(watched.pid("service"), signal.SIGKILL)
                    await until(lambda: watched.record.parts["service"].state == "disk full")
                    small.free()
                    await until(lambda ready=death + 1: watched.events.count("service is ready") == ready)  # type: ignore[misc]

        asyncio.run(scenario())

    def test_ends_everything_without_space(self, small: Disk, tmp_path: Path) -> None:
        async def scenario() -> None:
            async with started(
                small.folder, dummy("service", tmp_path), dummy("app", tmp_path, after=("service",))
            ):
                small.fill()

        asyncio.run(scenario())
        assert notes(tmp_path)[-2:] == ["end app", "end service"]
        assert list(small.folder.glob(".running.json.*")) == []
