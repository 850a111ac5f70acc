"""Settings of the stats service."""

from dataclasses import dataclass

from api.shared.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class StatsSettings(ServiceSettings):
    """The bank's time zone is not here: it stands in the publication, beside the figures that it cut."""

    # `/stats/status` says `stale` once complete_through lies so far back.
    stale_after_s: int = 900
