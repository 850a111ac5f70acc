"""What must not be known: made at the first start, kept in files that only their owner can read."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from infra.local.databases import ROLES, SUPERUSER
from infra.local.errors import LocalError
from infra.local.files import write_json

AWS_REGION = "eu-central-1"
SHARED_SECRETS = ("aws_access_key_id", "aws_secret_access_key", "edge_secret", "app_secret")

DATABASES_FILE = "databases.json"
SHARED_FILE = "shared.json"
MASTER_KEY_FILE = "master-key.json"
# What an earlier version knew nothing of may be made later: these are set anew at each start, or only agreed upon
# between two parts. The superuser's password and the master key open what is stored, so they are never made twice.
LATER_ENTRIES: Mapping[str, tuple[str, ...]] = {DATABASES_FILE: ROLES, SHARED_FILE: SHARED_SECRETS}


@dataclass(frozen=True)
class Secrets:
    """`databases`: password by role, SUPERUSER included. `shared`: see SHARED_SECRETS.

    `edge_secret` is what the gateway, `app_secret` what the app shows to prove whose address it forwards.
    """

    databases: Mapping[str, str] = field(repr=False)
    shared: Mapping[str, str] = field(repr=False)
    master_key_file: Path

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make every file that is not there yet, and read them."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = {
            DATABASES_FILE: _new_entries((*ROLES, SUPERUSER)),
            SHARED_FILE: _new_entries(SHARED_SECRETS),
            MASTER_KEY_FILE: _new_master_key(),
        }
        for name, content in files.items():
            if not (folder / name).exists():
                write_json(folder / name, content)
        return cls.read(folder)

    @classmethod
    def complete(cls, folder: Path) -> Self:
        """Add the LATER_ENTRIES that the files lack, and read them. Raises LocalError as `read` does."""
        for name, entries in LATER_ENTRIES.items():
            content = _load(folder / name)
            missing = [entry for entry in entries if entry not in content]
            if missing and len(missing) < len(entries):
                write_json(folder / name, content | _new_entries(missing))
        return cls.read(folder)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises LocalError naming a missing or broken file: new secrets would not open what is there."""
        _read(folder / MASTER_KEY_FILE, ("current", "keys"))
        return cls(
            databases=_read(folder / DATABASES_FILE, (*ROLES, SUPERUSER)),
            shared=_read(folder / SHARED_FILE, SHARED_SECRETS),
            master_key_file=folder / MASTER_KEY_FILE,
        )


def _new_entries(names: Sequence[str]) -> dict[str, str]:
    return {name: secrets.token_urlsafe(24) for name in names}


def _new_master_key() -> dict[str, object]:
    key_id = secrets.token_hex(8)
    return {"current": key_id, "keys": {key_id: base64.b64encode(secrets.token_bytes(32)).decode()}}


def _read(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    content = _load(path)
    if missing := [name for name in names if not content.get(name)]:
        raise _broken(path, ", ".join(missing))
    return content


def _load(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise _broken(path, type(error).__name__) from None
    if not isinstance(content, dict):
        raise _broken(path, type(content).__name__)
    return content


def _broken(path: Path, why: str) -> LocalError:
    return LocalError(
        f"{path} is missing or broken ({why}). What is stored can't be opened without it: put the file back "
        "from a backup of the state folder."
    )
