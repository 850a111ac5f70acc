"""What the rotation is told by its environment."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from api.shared.settings import Settings


@dataclass(frozen=True, kw_only=True)
class RotationSettings(Settings):
    """Where the database is."""

    database_host: Annotated[str, Meta(description="The database's writer.")]
    database_port: Annotated[int, Meta(ge=1, le=65535, description="Its port.")] = 5432
    database_ca: Annotated[
        str, Meta(description="The certificate, in PEM, that its own must come from; else it is not checked.")
    ] = ""
