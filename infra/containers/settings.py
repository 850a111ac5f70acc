"""What a container is told: where the database is, and the passwords of the roles that it acts as."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from api.shared.settings import Settings, SettingsError
from infra.local import databases
from infra.local.databases import SUPERUSER

PASSWORD = "TIDEMARK_PASSWORD_"  # noqa: S105 - a name's beginning


@dataclass(frozen=True, kw_only=True)
class ContainerSettings(Settings):
    """For every part of the pipeline, and for what prepares the database."""

    home: Annotated[Path, Meta(description="The folder that the parts share.")]
    database_host: Annotated[str, Meta(description="The database's writer.")]
    database_port: Annotated[int, Meta(ge=1, le=65535, description="Its port.")] = 5432

    @property
    def server(self) -> str:
        """A URL of the server, without a user."""
        return f"postgresql://{self.database_host}:{self.database_port}"


@dataclass(frozen=True, kw_only=True)
class AdministratorSettings(ContainerSettings):
    """For what prepares the database."""

    administrator: Annotated[str, Meta(description="The database's administrator.")]
    administrator_password: Annotated[str, Meta(description="Their password.")] = field(repr=False)

    @property
    def url(self) -> str:
        """The server as its administrator, in a maintenance database."""
        return databases.url(self.server, self.administrator, self.administrator_password, SUPERUSER)


def passwords(roles: Iterable[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """By role: `TIDEMARK_PASSWORD_<ROLE>`. Raises SettingsError naming each that is missing."""
    wanted = {role: f"{PASSWORD}{role.upper()}" for role in roles}
    missing = [f"{name} is not set" for name in wanted.values() if not environment.get(name)]
    if missing:
        raise SettingsError("; ".join(missing))
    return {role: environment[name] for role, name in wanted.items()}
