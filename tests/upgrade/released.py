"""What was released: the digests of the versions, and the last release's bank."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from tests.cluster import REPOSITORY

RELEASED = Path(__file__).parent / "released"
DIGESTS = RELEASED / "versions.json"
BANK = RELEASED / "bank.sql.gz"
ANSWERS = RELEASED / "answers.json.gz"


def digests(checkout: Path = REPOSITORY) -> dict[str, str]:
    """Path of each version of each schema in the checkout → its SHA-256."""
    files = [
        *checkout.glob("api/*/migrations/versions/*.py"),
        *checkout.glob("pipelines/migrations/versions/*.py"),
    ]
    return {str(file.relative_to(checkout)): sha256(file.read_bytes()).hexdigest() for file in sorted(files)}


def recorded() -> dict[str, str]:
    """As `digests`, at the last release; empty before the first."""
    found: dict[str, str] = json.loads(DIGESTS.read_text()) if DIGESTS.exists() else {}
    return found


def edited(released: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The released versions that are another now, or gone."""
    return [path for path, digest in released.items() if now.get(path) != digest]
