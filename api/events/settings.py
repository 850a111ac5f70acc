"""Settings of the events service."""

from dataclasses import dataclass, field

from api.shared.settings import MigrationUrl, ServiceSettings, Settings


@dataclass(frozen=True, kw_only=True)
class EventsSettings(ServiceSettings):
    """None of its own so far."""


@dataclass(frozen=True, kw_only=True)
class AdminSettings(Settings):
    """What the administrative commands need."""

    migration_url: MigrationUrl = field(repr=False)
