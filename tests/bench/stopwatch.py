"""How long something takes, by the clock and in processor time: on a busy machine the second says more."""

import contextlib
import time
from collections.abc import Callable
from typing import NamedTuple

import psutil


class Took(NamedTuple):
    """Seconds by the clock, and of processors."""

    seconds: float
    processor_seconds: float


class Stopwatch:
    """Counts the processor time of this process and of a Postgres, by the process id of its first process."""

    def __init__(self, postgres_pid: int | None) -> None:
        self._postgres = psutil.Process(postgres_pid)

    def take(self, work: Callable[[], object]) -> Took:
        """What the work takes."""
        began, processors = time.perf_counter(), self._processor_seconds()
        work()
        return Took(time.perf_counter() - began, self._processor_seconds() - processors)

    def _processor_seconds(self) -> float:
        spent = self._postgres.cpu_times()
        total = spent.user + spent.system + spent.children_user + spent.children_system
        for child in self._postgres.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                total += times.user + times.system
        return total + time.process_time()
