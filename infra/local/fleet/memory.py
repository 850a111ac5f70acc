"""What a fleet keeps in the state folder: the numbers that people pinned, used hours, and its last changes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.local.files import write_json

CHANGES_MAX = 500


@dataclass(frozen=True)
class Change:
    """One service's number changed, at a Unix time."""

    at: float
    service: str
    before: int
    after: int
    reason: str


@dataclass
class Memory:
    """`pins` by service; `instance_hours` used by the bank's earlier starts; `changes`, the oldest first."""

    path: Path
    pins: dict[str, int] = field(default_factory=dict)
    instance_hours: dict[str, float] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Memory":
        """What was kept; nothing when there is no file, or none that can be read: the bank runs without it."""
        try:
            kept = json.loads(path.read_text())
            return cls(
                path,
                {str(service): int(number) for service, number in kept["pins"].items()},
                {str(service): float(hours) for service, hours in kept["instance_hours"].items()},
                [Change(**change) for change in kept["changes"]],
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls(path)

    def note(self, change: Change, hours: Mapping[str, float]) -> None:
        """Add a change, forget the oldest beyond CHANGES_MAX, and keep everything."""
        self.changes = [*self.changes, change][-CHANGES_MAX:]
        self.keep(hours)

    def keep(self, hours: Mapping[str, float]) -> None:
        """Write everything down, with the hours used up to now. Raises OSError."""
        self.instance_hours = dict(hours)
        write_json(self.path, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """What the file holds."""
        changes = [asdict(change) for change in self.changes]
        return {"pins": self.pins, "instance_hours": self.instance_hours, "changes": changes}
