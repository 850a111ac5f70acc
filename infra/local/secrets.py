"""What must not be known: made at the first start, kept in files that only their owner can read."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from infra.local.databases import ROLES
from infra.local.errors import LocalError
from infra.local.files import write_json

AWS_REGION = "eu-central-1"
SHARED_SECRETS = ("aws_access_key_id", "aws_secret_access_key", "edge_secret", "app_secret")


@dataclass(frozen=True)
class Secrets:
    """`databases`: password by role, `postgres` (the superuser) included. `shared`: see SHARED_SECRETS.

    `edge_secret` is what the gateway, `app_secret` what the app shows to prove whose address it forwards.
    """

    databases: Mapping[str, str] = field(repr=False)
    shared: Mapping[str, str] = field(repr=False)
    master_key_file: Path

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make every secret that is not there yet, and read them."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = {
            "databases.json": {role: secrets.token_urlsafe(24) for role in (*ROLES, "postgres")},
            "shared.json": {name: secrets.token_urlsafe(24) for name in SHARED_SECRETS},
            "master-key.json": _new_master_key(),
        }
        for name, content in files.items():
            if not (folder / name).exists():
                write_json(folder / name, content)
        return cls.read(folder)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises LocalError naming a missing or broken file: new secrets would not open what is there."""
        master_key_file = folder / "master-key.json"
        _read(master_key_file, ("current", "keys"))
        return cls(
            databases=_read(folder / "databases.json", (*ROLES, "postgres")),
            shared=_read(folder / "shared.json", SHARED_SECRETS),
            master_key_file=master_key_file,
        )


def _new_master_key() -> dict[str, object]:
    key_id = secrets.token_hex(8)
    return {"current": key_id, "keys": {key_id: base64.b64encode(secrets.token_bytes(32)).decode()}}


def _read(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    try:
        content: dict[str, str] = json.loads(path.read_text())
        missing = [name for name in names if not content[name]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        missing = [type(error).__name__]
    if missing:
        raise LocalError(
            f"{path} is missing or broken ({', '.join(missing)}). What is stored can't be opened without it: put "
            "the file back from a backup of the state folder."
        )
    return content
