"""Small files that are there whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Write `content` beside `path` and rename it there, so a reader or a crash never sees half of it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        # On a full disk, half a file would be one more thing that takes space.
        unfinished.unlink(missing_ok=True)


def write_json(path: Path, value: Any, *, mode: int = 0o600) -> None:
    """`write_whole` for a JSON value."""
    write_whole(path, json.dumps(value, indent=2) + "\n", mode=mode)
