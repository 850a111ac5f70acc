"""What runs at the moment, written by `tidemark up` for the other commands."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import psutil

from infra.local.files import write_json


@dataclass
class PartRecord:
    """One part.

    `state` is waiting, starting, running, restarting, failed or stopped; `started_at` is a Unix time.
    """

    name: str
    state: str = "waiting"
    pid: int | None = None
    started_at: float | None = None
    restarts: int = 0
    address: str = ""
    log_file: str = ""

    @property
    def process(self) -> psutil.Process | None:
        """The living process; None when it is gone, also when its number has passed to another one."""
        if self.pid is None or self.started_at is None:
            return None
        try:
            process = psutil.Process(self.pid)
            return process if abs(process.create_time() - self.started_at) < 1 else None
        except psutil.Error:
            return None


@dataclass
class RunRecord:
    """One `tidemark up`: its process, the settings it was given (by owner), its parts in order."""

    pid: int
    settings: dict[str, dict[str, str]]
    parts: dict[str, PartRecord] = field(default_factory=dict)

    def add(self, part: PartRecord, beside: Sequence[str]) -> None:
        """Put a part behind those that it belongs to, as people like to see them."""
        parts = list(self.parts.values())
        place = max((number for number, each in enumerate(parts, 1) if each.name in beside), default=len(parts))
        self.parts = {each.name: each for each in (*parts[:place], part, *parts[place:])}

    def write(self, path: Path) -> None:
        """Replace the file at `path`."""
        write_json(path, asdict(self))

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The record, or None when there is none (or none that can be read: it is only a record)."""
        try:
            content = json.loads(path.read_text())
            parts = {name: PartRecord(**part) for name, part in content.pop("parts").items()}
            return cls(**content, parts=parts)
        except (OSError, ValueError, TypeError, KeyError):
            return None
