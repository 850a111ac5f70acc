"""Tells people or programs how far an import is."""

import json
import sys
import time
from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

UPDATE_EVERY_S = 0.1


class Reporter(AbstractContextManager["Reporter"]):
    """`share` is 0 … 1 of the phase, None while it cannot be known; `rows` counts rows read so far."""

    @abstractmethod
    def report(self, phase: str, rows: int, share: float | None) -> None:
        """Show where the import is; called at most every UPDATE_EVERY_S, and when a phase begins."""


class Bar(Reporter):
    """A bar on standard error, with rows and rows per second."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task("", total=1.0, rows="")
        self._started = time.perf_counter()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def report(self, phase: str, rows: int, share: float | None) -> None:
        """See Reporter."""
        rate = rows / (time.perf_counter() - self._started)
        self._progress.update(
            self._task,
            description=phase,
            total=None if share is None else 1.0,
            completed=share or 0.0,
            rows=f"{rows:,} rows, {rate:,.0f}/s",
        )


class JsonLines(Reporter):
    """One JSON object a line on standard output: phase, rows, share, rows_per_s."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def report(self, phase: str, rows: int, share: float | None) -> None:
        """See Reporter."""
        rate = round(rows / (time.perf_counter() - self._started))
        line = {"phase": phase, "rows": rows, "share": share, "rows_per_s": rate}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
