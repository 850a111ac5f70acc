"""What remains of a bank whose `tidemark up` was killed."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.local import processes
from tests.cluster import REPOSITORY
from tests.infra.dummies import LISTEN

# As `up` does: a sentinel that holds the other end of a pipe, and a part with descendants.
FRONT = """
import json, os, subprocess, sys, time
home, part = sys.argv[1], json.loads(sys.argv[2])
sentinel = subprocess.Popen([sys.executable, "-m", "infra.local.sentinel", home],
                            stdin=subprocess.PIPE, start_new_session=True)
subprocess.Popen(part, env={**os.environ, "TIDEMARK_PART_OF": home}, start_new_session=True)
print(sentinel.pid, flush=True)
time.sleep(600)
"""


def wait_until_gone(home: Path, sentinel: int) -> None:
    deadline = time.monotonic() + 20
    while processes.marked(home) or processes.of_session(sentinel):
        assert time.monotonic() < deadline
        time.sleep(0.05)


class TestSentinel:
    @pytest.mark.parametrize("mode", ["good", "parent"])
    def test_ends_everything_after_kill_9(self, tmp_path: Path, mode: str) -> None:
        notes = str(tmp_path / "notes")
        part = [sys.executable, "-c", LISTEN, "0", mode, notes, "part"]
        front = subprocess.Popen(
            [sys.executable, "-c", FRONT, str(tmp_path), json.dumps(part)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        with front:
            assert front.stdout
            sentinel = int(front.stdout.readline())
            expected = 3 if mode == "parent" else 1
            deadline = time.monotonic() + 10
            while len(processes.marked(tmp_path)) < expected:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            front.send_signal(signal.SIGKILL)
        wait_until_gone(tmp_path, sentinel)


class TestEndAllOf:
    def test_leaves_other_banks_alone(self, tmp_path: Path) -> None:
        homes = [tmp_path / "one", tmp_path / "two"]
        running = [
            subprocess.Popen(["sleep", "600"], env={processes.MARK: str(home)}, start_new_session=True)
            for home in homes
        ]
        assert processes.end_all_of(homes[0]) == 1
        # By which signal depends on what this test run's own process has blocked, which its children inherit.
        assert running[0].wait(5) < 0
        assert running[1].poll() is None
        assert processes.end_all_of(homes[1]) == 1
        running[1].wait(5)
