"""What is wrong with a file."""

from pathlib import Path


class HistoryFault(Exception):
    """One line of a file, or the whole file, cannot be taken; the text names it and says why."""

    def __init__(self, path: Path, line: int | None, message: str) -> None:
        place = path.name if line is None else f"{path.name}, line {line}"
        super().__init__(f"{place}: {message}")
