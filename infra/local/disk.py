"""Whether there is room on the disk of a bank's state."""

import shutil
from pathlib import Path

# Postgres needs room for a segment of its log (16 MiB) to start, and some to work.
FULL_BELOW_BYTES = 48 << 20


def is_full(folder: Path) -> bool:
    """Whether so little is free that parts can't work."""
    return shutil.disk_usage(folder).free < FULL_BELOW_BYTES
