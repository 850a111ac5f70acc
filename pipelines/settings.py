"""What the pipeline is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CHECKOUT = Path(__file__).resolve().parent.parent
EVERY_MINUTE = "* * * * *"


class SettingsError(Exception):
    """A setting is missing or can't be used; the message names it."""


@dataclass(frozen=True)
class Settings:
    """What shapes the definitions. Every value has a default, so that importing them needs no environment.

    `dbt_target` is where the prebuilt manifest lies; `refresh_cron` is read in UTC.
    """

    time_zone: str
    refresh_cron: str
    dbt_project: Path
    dbt_target: Path

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises SettingsError when TIDEMARK_TIME_ZONE is no time zone."""
        home = Path(environment.get("TIDEMARK_HOME") or CHECKOUT / ".tidemark")
        time_zone = environment.get("TIDEMARK_TIME_ZONE") or "UTC"
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingsError(f"TIDEMARK_TIME_ZONE is {time_zone!r}, which is no IANA time zone") from None
        return cls(
            time_zone=time_zone,
            refresh_cron=environment.get("TIDEMARK_REFRESH_CRON") or EVERY_MINUTE,
            dbt_project=Path(environment.get("TIDEMARK_DBT_PROJECT") or CHECKOUT / "warehouse").absolute(),
            dbt_target=Path(environment.get("TIDEMARK_DBT_TARGET") or home / "dbt").absolute(),
        )


@dataclass(frozen=True)
class Databases:
    """The three doors to the databases, as libpq URLs; never shown, they hold passwords."""

    source_url: str = field(repr=False)
    publish_url: str = field(repr=False)
    warehouse_url: str = field(repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises SettingsError naming every variable that is missing."""
        names = ("TIDEMARK_SOURCE_URL", "TIDEMARK_PUBLISH_URL", "TIDEMARK_WAREHOUSE_URL")
        missing = [name for name in names if not environment.get(name)]
        if missing:
            raise SettingsError(f"not set: {', '.join(missing)}")
        return cls(*(environment[name] for name in names))
