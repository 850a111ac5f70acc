"""A log file per part, bounded while the part runs."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import BinaryIO

LOG_MAX_BYTES = 10 << 20
KEPT = 3
LOOK_EVERY_S = 10.0
CHUNK_BYTES = 1 << 20


def open_log(path: Path) -> BinaryIO:
    """The log for appending, rotated first where that is due."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    rotate(path)
    return path.open("ab")


def open_log_or_nothing(path: Path) -> BinaryIO:
    """The log, or where nothing is kept: on a disk that is full a part runs without one."""
    try:
        return open_log(path)
    except OSError:
        return Path(os.devnull).open("ab")


def rotate(path: Path) -> None:
    """Put aside what a log holds once that is more than LOG_MAX_BYTES (`.1` the newest, KEPT of them).

    Whoever writes it keeps the file, for a part can't be told to open another one: its last LOG_MAX_BYTES are
    copied and it is emptied, which a writer that appends does not notice. A line of the moment between is lost.
    """
    if not path.exists() or path.stat().st_size <= LOG_MAX_BYTES:
        return
    copy = path.with_name(f"{path.name}.new")
    try:
        with path.open("r+b") as log, _new(copy) as kept:
            log.seek(-LOG_MAX_BYTES, os.SEEK_END)
            # What somebody writes faster than it can be copied would never come to an end.
            for _ in range(2 * LOG_MAX_BYTES // CHUNK_BYTES):
                kept.write(log.read(CHUNK_BYTES))
            log.truncate(0)
    except OSError:
        copy.unlink(missing_ok=True)
        raise
    for number in range(KEPT, 1, -1):
        older = path.with_name(f"{path.name}.{number - 1}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
    copy.replace(path.with_name(f"{path.name}.1"))


async def keep_bounded(folder: Path) -> None:
    """Rotate the logs of a folder whenever that is due, until cancelled. On a full disk it waits for space."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        for path in folder.glob("*.log"):
            with contextlib.suppress(OSError):
                await asyncio.to_thread(rotate, path)


def last_lines(path: Path, count: int = 8) -> list[str]:
    """The end of a log, to show why a part did not start."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 16_384))
        lines = file.read().decode(errors="replace").splitlines()
    return [line for line in lines if line.strip()][-count:]


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
