"""A whole bank, started as a user starts it, for tests that look at it from outside."""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from infra.local import processes
from infra.local.ports import is_free
from infra.local.up import UP
from tests.cluster import REPOSITORY

TIDEMARK = (sys.executable, "-c", "from infra.cli import main; main(prog_name='tidemark')")
START_WITHIN_S = 150.0
CLOUD_START_WITHIN_S = 400.0  # builds three archives
# How this machine reaches the package index, from which the first start of the cloud form fetches its emulator.
INDEX_SETTINGS = re.compile(r"(UV|PIP|SSL)_\w+|\w+_proxy", re.IGNORECASE)
STOP_WITHIN_S = 60.0
PORTS = 50


class RunningBank:
    """One `tidemark up` in the folder `home`, on ports from `base`; `gateway`, `app`, `dagster` are addresses."""

    def __init__(self, home: Path, *options: str, **settings: str) -> None:
        self.home = home
        self.base = free_port_base()
        self.gateway, self.app, self.dagster = (f"http://127.0.0.1:{self.base + offset}" for offset in range(3))
        self.output = home.parent / f"{home.name}.out"
        self._options = options
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "TIDEMARK_HOME": str(home),
            **settings,
        }
        if "--cloud" in options:
            found = {name: value for name, value in os.environ.items() if INDEX_SETTINGS.fullmatch(name)}
            self._environment = found | self._environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until everything is healthy; otherwise fail with what it printed."""
        process = self.launch()
        deadline = time.monotonic() + (CLOUD_START_WITHIN_S if "--cloud" in self._options else START_WITHIN_S)
        while UP not in self.output.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the bank did not start:\n{self.output.read_text()}")
            time.sleep(0.1)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it and don't wait."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*TIDEMARK, "up", "--port-base", str(self.base), *self._options],
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self.process

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Ask it to end, and assert that it does, well, without leaving a process behind."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            code = self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the bank did not end:\n{self.output.read_text()}") from None
        self.process = None
        assert code == 0, self.output.read_text()
        assert self.left() == []

    def kill(self) -> None:
        """kill -9 of `tidemark up` itself, and wait until nothing is left (which is up to its sentinel)."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process = None
        deadline = time.monotonic() + STOP_WITHIN_S
        while self.left():
            assert time.monotonic() < deadline, f"left: {self.left()}"
            time.sleep(0.1)

    def left(self) -> list[str]:
        """Command lines of the bank's processes that are still there."""
        lines = []
        for process in processes.with_descendants(processes.marked(self.home)) + self._sentinels():
            with contextlib.suppress(psutil.Error):
                lines.append(" ".join(process.cmdline()))
        return lines

    def tidemark(
        self, *arguments: str, stdin: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a `tidemark` command for this bank; with `check` it must succeed."""
        done = subprocess.run(
            [*TIDEMARK, *arguments],
            cwd=REPOSITORY,
            env=self._environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"tidemark {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    def status(self) -> dict[str, Any]:
        """What `tidemark status --json` tells."""
        told: dict[str, Any] = json.loads(self.tidemark("status", "--json", check=False).stdout)
        return told

    def pid(self, part: str) -> int:
        """The process id of a part."""
        pids: dict[str, int] = {entry["name"]: entry["pid"] for entry in self.status()["parts"]}
        return pids[part]

    def _sentinels(self) -> list[psutil.Process]:
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if process.info["cmdline"] and process.info["cmdline"][-2:] == ["infra.local.sentinel", str(self.home)]
        ]


def free_port_base() -> int:
    """The first of a row of ports that are all free, and below those that the system gives to connections."""
    while True:
        base = random.randrange(20_000, 32_000, PORTS)
        if all(is_free(base + offset) for offset in range(PORTS)):
            return base


@contextlib.contextmanager
def running_bank(home: Path, *options: str, **settings: str) -> Iterator[RunningBank]:
    """A bank that runs inside the `with` and has left nothing behind after it."""
    bank = RunningBank(home, *options, **settings)
    try:
        bank.start()
        yield bank
    except BaseException:
        bank.kill()
        raise
    bank.stop()
