"""What `tidemark status` tells of a bank."""

import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from infra.local import disk, probes
from infra.local.given import UP
from infra.local.ports import Ports
from infra.local.record import PartRecord, RunRecord
from infra.local.state import StateFolder
from infra.local.status import read_status
from tests.running_bank import free_port_base


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    state = StateFolder(tmp_path / "bank")
    with state.open(None):
        return state


def record_with(state: StateFolder, *parts: PartRecord, **ports: str) -> None:
    settings = {**Ports.from_base(free_port_base()).to_environment(), **ports, "TIDEMARK_HOME": str(state.home)}
    record = RunRecord(1, {UP: settings}, {part.name: part for part in parts})
    record.write(state.run_record)


class TestReadStatus:
    def test_each_part_s_state(self, state: StateFolder) -> None:
        with subprocess.Popen(["sleep", "600"]) as running:
            started_at = psutil.Process(running.pid).create_time()
            record_with(
                state,
                PartRecord("aws", "running", running.pid, started_at, log_file="a.log"),
                PartRecord("users-1", "running", running.pid, started_at - 100, restarts=2),
                PartRecord("stats-1", "failed", running.pid, started_at - 100),
                PartRecord("gateway"),
            )
            with state.open(None):
                status = read_status(state.home)
            running.kill()
        assert status is not None
        assert status.is_up
        assert not status.is_healthy
        # Of the second the process is gone: its number has passed to another one.
        assert [(part.name, part.state) for part in status.parts] == [
            ("aws", "not answering"),
            ("users-1", "down"),
            ("stats-1", "failed"),
            ("gateway", "waiting"),
        ]
        first, second, *_ = status.parts
        assert (first.pid, first.log_file) == (running.pid, "a.log")
        assert first.uptime_s is not None
        assert first.uptime_s < 60
        assert 0 < first.memory_bytes < 50 << 20
        assert (second.pid, second.restarts, second.memory_bytes) == (None, 2, 0)
        assert status.memory_bytes == first.memory_bytes

    def test_without_an_up_everything_is_stopped(self, state: StateFolder) -> None:
        record_with(state, PartRecord("aws", "running", 1, 1.0))
        status = read_status(state.home)
        assert status is not None
        assert not status.is_up
        assert [(part.name, part.state, part.pid) for part in status.parts] == [("aws", "stopped", None)]

    def test_a_full_disk(self, state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        # The record is from before: it could not be written any more.
        record_with(state, PartRecord("aws", "running", 1, 1.0))
        monkeypatch.setattr(disk, "FULL_BELOW_BYTES", 1 << 60)
        with state.open(None):
            status = read_status(state.home)
        assert status is not None
        assert status.is_disk_full
        assert not status.is_healthy
        assert [part.state for part in status.parts] == ["disk full"]

    def test_a_slow_part_is_not_gone(self, state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(probes, "TIMEOUT_S", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as silent, subprocess.Popen(["sleep", "600"]) as running:
            started_at = psutil.Process(running.pid).create_time()
            record_with(
                state,
                *(PartRecord(name, "running", running.pid, started_at) for name in ("postgres", "aws", "app")),
                **dict.fromkeys(
                    ("TIDEMARK_POSTGRES_PORT", "TIDEMARK_EMULATOR_PORT"), str(silent.getsockname()[1])
                ),
            )
            with state.open(None):
                status = read_status(state.home)
            running.kill()
        assert status is not None
        assert {part.name: part.state for part in status.parts} == {
            "postgres": "slow",
            "aws": "slow",
            "app": "not answering",
        }
        assert not status.is_healthy

    def test_a_broken_record_is_no_record(self, state: StateFolder) -> None:
        state.run_record.write_text('{"pid": ')
        status = read_status(state.home)
        assert status is not None
        assert status.parts == []
