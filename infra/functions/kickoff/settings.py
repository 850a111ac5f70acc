"""What the kickoff is told by its environment."""

from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta

from api.shared.settings import Settings, SettingsError


@dataclass(frozen=True, kw_only=True)
class KickoffSettings(Settings):
    """Where Dagster is, and by which clock the bank's days are cut."""

    dagster_graphql_url: Annotated[str, Meta(pattern="^https?://", description="Dagster's GraphQL.")]
    time_zone: Annotated[str, Meta(description="The bank's time zone.")]
    dagster_location: Annotated[str, Meta(description="The code location that has the jobs.")] = "tidemark"
    operator_password: Annotated[str | None, Meta(description="Where something asks for it (user operator).")] = (
        field(default=None, repr=False)
    )

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SettingsError("TIDEMARK_TIME_ZONE must be an IANA time zone, like Europe/Prague") from None
