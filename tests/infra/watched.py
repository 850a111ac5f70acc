"""A supervisor whose parts are dummies."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from infra.local import processes
from infra.local.record import RunRecord
from infra.local.state import StateFolder
from infra.local.supervised import Element
from infra.local.supervisor import Supervisor


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
