"""A log file per part."""

from pathlib import Path
from typing import BinaryIO

LOG_MAX_BYTES = 10 << 20
KEPT = 3


def open_log(path: Path) -> BinaryIO:
    """The log for appending. One larger than LOG_MAX_BYTES is put aside first (`.1` the newest, KEPT of them)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_MAX_BYTES:
        for number in range(KEPT, 0, -1):
            older = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{number}"))
    return path.open("ab")


def last_lines(path: Path, count: int = 8) -> list[str]:
    """The end of a log, to show why a part did not start."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 16_384))
        lines = file.read().decode(errors="replace").splitlines()
    return [line for line in lines if line.strip()][-count:]
