"""What is wrong with files."""

from collections.abc import Callable
from pathlib import Path

FAULTS_MAX = 20


class HistoryFault(Exception):
    """One line of a file, or the whole file, cannot be taken; the text names it and says why."""

    def __init__(self, path: Path, line: int | None, message: str) -> None:
        place = path.name if line is None else f"{path.name}, line {line}"
        super().__init__(f"{place}: {message}")


class HistoryRefused(Exception):
    """The first faults of a history, at most FAULTS_MAX, in the order of files and lines; one on each line."""

    def __init__(self, faults: list[HistoryFault]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


FaultSink = Callable[[HistoryFault], None]
