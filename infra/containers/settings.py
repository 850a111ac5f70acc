"""What a container is told: where the database is, and where the passwords of its roles lie."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from api.shared.settings import Settings
from infra.local import databases
from infra.local.databases import SUPERUSER


@dataclass(frozen=True, kw_only=True)
class ContainerSettings(Settings):
    """For every part of the pipeline, and for what prepares the database."""

    home: Annotated[Path, Meta(description="The folder that the parts share.")]
    role_secrets: Annotated[
        str, Meta(description="How the names of the roles' secrets begin; what follows is the role.")
    ]
    database_host: Annotated[str, Meta(description="The database's writer.")]
    database_port: Annotated[int, Meta(ge=1, le=65535, description="Its port.")] = 5432
    database_ca: Annotated[
        str, Meta(description="The certificate, in PEM, that its own must come from; else it is not checked.")
    ] = ""

    @property
    def server(self) -> str:
        """A URL of the server, without a user."""
        return f"postgresql://{self.database_host}:{self.database_port}"

    @property
    def password_file(self) -> Path:
        """Where every connection finds the passwords."""
        return self.home / "passwords"

    @property
    def ca_file(self) -> Path:
        """Where it finds the certificate."""
        return self.home / "database-ca.pem"

    @property
    def connecting(self) -> dict[str, str]:
        """libpq's variables: what holds for every connection to the database."""
        checked = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(self.ca_file)} if self.database_ca else {}
        return {"PGPASSFILE": str(self.password_file), **checked}


@dataclass(frozen=True, kw_only=True)
class AdministratorSettings(ContainerSettings):
    """For what prepares the database."""

    administrator: Annotated[str, Meta(description="The database's administrator.")]
    administrator_password: Annotated[str, Meta(description="Their password.")] = field(repr=False)

    @property
    def url(self) -> str:
        """The server as its administrator, in a maintenance database."""
        return databases.url(self.server, self.administrator, self.administrator_password, SUPERUSER)


@dataclass(frozen=True, kw_only=True)
class BackfillSettings(Settings):
    """Where Dagster starts backfills."""

    backfill_cluster: Annotated[str, Meta(description="ECS's cluster.")]
    backfill_task: Annotated[str, Meta(description="The task's family.")]
    backfill_subnets: Annotated[str, Meta(description="Subnets, with commas between.")]
    backfill_security_group: Annotated[str, Meta(description="Its part in the network.")]
