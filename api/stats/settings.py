"""Settings of the stats service."""

from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from api.shared.settings import MigrationUrl, ServiceSettings, Settings


@dataclass(frozen=True, kw_only=True)
class StatsSettings(ServiceSettings):
    """The bank's time zone is not here: it stands in the publication, beside the figures that it cut."""

    stale_after_s: Annotated[
        int, Meta(ge=60, description="How many seconds old statistics may be before they count as stale.")
    ] = 900


@dataclass(frozen=True, kw_only=True)
class AdminSettings(Settings):
    """What the administrative commands need."""

    migration_url: MigrationUrl = field(repr=False)
