"""A part whose port somebody else has."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local import supervisor
from infra.local.errors import LocalError
from tests.infra.dummies import dummy, notes
from tests.infra.watched import started, until

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def listening(port: int) -> Iterator[None]:
    """This process has the port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield


def wait_for(event: threading.Event) -> None:
    assert event.wait(30)


class TestTakenPort:
    def test_at_the_start_is_named_with_its_holder_and_the_way_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(supervisor, "PORT_WITHIN_S", 0.0)
        service = dummy("service", tmp_path)
        assert service.port is not None

        async def scenario() -> None:
            async with started(tmp_path, service):
                pass

        with listening(service.port.number), pytest.raises(LocalError) as raised:
            asyncio.run(scenario())
        said = str(raised.value)
        assert f"service can't start: port {service.port.number} (service) is in use by " in said
        assert f"(process {os.getpid()}); TIDEMARK_GATEWAY_PORT changes it" in said
        assert "--port-base" in said
        assert notes(tmp_path) == []

    def test_while_the_part_was_away_is_waited_for(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervisor, "SPACE_POLL_S", 0.05)
        may_start = threading.Event()
        may_start.set()
        service = replace(dummy("service", tmp_path), before_start=lambda: wait_for(may_start))
        assert service.port is not None
        port = service.port.number

        async def scenario() -> None:
            async with started(tmp_path, service) as watched:
                may_start.clear()
                os.kill(watched.pid("service"), signal.SIGKILL)
                await until(lambda: any("starting it again" in event for event in watched.events))
                with listening(port):
                    may_start.set()
                    await until(lambda: watched.record.parts["service"].state == "port taken")
                    waits = [event for event in watched.events if event.startswith("service waits: ")]
                    assert len(waits) == 1
                    assert f"port {port} (service) is in use by " in waits[0]
                await until(lambda: watched.events.count("service is ready") == 2)

        asyncio.run(scenario())
