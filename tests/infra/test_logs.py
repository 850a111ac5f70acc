"""Logs stay bounded while parts write them."""

import asyncio
import contextlib
import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from infra.local import logs
from infra.local.logs import keep_bounded, open_log, rotate

LIMIT = 4096
COUNTING = """
import sys
for number in range(int(sys.argv[1])):
    print(number, flush=True)
    if number % 100 == 99:
        sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LOG_MAX_BYTES", LIMIT)
    monkeypatch.setattr(logs, "CHUNK_BYTES", 1024)
    monkeypatch.setattr(logs, "LOOK_EVERY_S", 0.01)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "part.log"


def files(log: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted(log.parent.iterdir())}


class TestRotate:
    def test_a_small_log_is_left_alone(self, log: Path) -> None:
        with open_log(log) as file:
            file.write(b"x" * LIMIT)
        rotate(log)
        assert files(log) == {"part.log": LIMIT}

    def test_keeps_so_many_and_the_end_of_each(self, log: Path) -> None:
        for number in range(6):
            with open_log(log) as file:
                file.write(b"begin" + bytes([number]) * LIMIT)
            rotate(log)
        assert files(log) == {"part.log": 0, **{f"part.log.{number}": LIMIT for number in (1, 2, 3)}}
        for number in (1, 2, 3):
            assert set((log.parent / f"part.log.{number}").read_bytes()) == {6 - number}

    def test_what_is_put_aside_is_nobody_elses(self, log: Path) -> None:
        with open_log(log) as file:
            file.write(b"x" * (LIMIT + 1))
        rotate(log)
        assert (log.parent / "part.log.1").stat().st_mode & 0o077 == 0

    def test_where_it_cannot_be_put_aside_nothing_is_lost(
        self, log: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open_log(log) as file:
            file.write(b"x" * (LIMIT + 1))

        def full(_: Path) -> NoReturn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(logs, "_new", full)
        with pytest.raises(OSError, match="No space"):
            rotate(log)
        assert files(log) == {"part.log": LIMIT + 1}


class TestKeepBounded:
    def test_a_part_goes_on_writing_into_the_same_file(self, log: Path) -> None:
        """A process that holds the file, and nobody else knows how to make it open another."""

        async def scenario() -> None:
            with open_log(log) as file:
                part = subprocess.Popen(
                    [sys.executable, "-c", COUNTING, "3000"], stdin=subprocess.PIPE, stdout=file
                )
            keeping = asyncio.create_task(keep_bounded(log.parent))
            assert part.stdin is not None
            deadline = time.monotonic() + 60
            while part.poll() is None:
                assert time.monotonic() < deadline
                # However slow the machine is, the part does not run away from what bounds its log.
                if log.stat().st_size <= LIMIT:
                    with contextlib.suppress(BrokenPipeError):
                        part.stdin.write(b"\n")
                        part.stdin.flush()
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            part.stdin.close()

        asyncio.run(scenario())
        assert set(files(log)) <= {"part.log", "part.log.1", "part.log.2", "part.log.3"}
        assert len(files(log)) > 1
        assert max(files(log).values()) < 2 * LIMIT
        kept = [log.parent / f"part.log.{number}" for number in (3, 2, 1)]
        text = b"".join(path.read_bytes() for path in (*kept, log) if path.exists())
        assert text.splitlines()[-1] == b"2999"
