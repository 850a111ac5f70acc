"""What the pipeline is told by its environment."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from api.shared.settings import Settings, SettingsError, is_time_zone

CHECKOUT = Path(__file__).resolve().parent.parent
# Parsing connects to nothing, but the profile must be complete.
NOWHERE = "postgresql://nobody@127.0.0.1:5432/nowhere"


@dataclass(frozen=True, kw_only=True)
class PipelineSettings(Settings):
    """What shapes the definitions. Every value has a default, so that importing them needs no environment."""

    home: Annotated[Path, Meta(description="Folder of the bank's state.")] = CHECKOUT / ".tidemark"
    time_zone: Annotated[
        str, Meta(description="Cuts days, weeks and months; fixed at the bank's first start.")
    ] = "UTC"
    advance_after_s: Annotated[
        int, Meta(gt=0, description="How old `complete_through` gets, with nothing new, until it advances.")
    ] = 30
    close_schedules: Annotated[
        bool, Meta(description="false: something else starts the closes, as the function `kickoff` does on AWS.")
    ] = True
    keep_runs_days: Annotated[
        int, Meta(gt=0, description="Days after which Dagster's runs are deleted, with their events and logs.")
    ] = 14
    keep_closes_days: Annotated[
        int, Meta(gt=0, description="The same for the closes of days, weeks and months.")
    ] = 400
    scrub_budget_s: Annotated[
        int, Meta(ge=0, le=7200, description="Seconds a day in which old history is proven again.")
    ] = 600
    scrub_within_days: Annotated[
        int,
        Meta(gt=0, description="Days within which every row is proven again; else an alert is raised."),
    ] = 30
    dbt_project: Annotated[Path, Meta(description="The dbt project.")] = CHECKOUT / "warehouse"
    dbt_target: Annotated[
        Path | None, Meta(description="Where dbt's artefacts go, the prebuilt manifest among them; else home/dbt.")
    ] = None

    def __post_init__(self) -> None:
        if not is_time_zone(self.time_zone):
            raise SettingsError("TIDEMARK_TIME_ZONE must be an IANA time zone, like Europe/Prague")

    @property
    def target(self) -> Path:
        """Where dbt's artefacts go."""
        return self.dbt_target or self.home / "dbt"


@dataclass(frozen=True, kw_only=True)
class ManifestSettings(PipelineSettings):
    """For the manifest, which is made without a database."""

    warehouse_url: Annotated[str, Meta(description="The warehouse, as its owner.")] = field(
        default=NOWHERE, repr=False
    )


@dataclass(frozen=True, kw_only=True)
class Databases(Settings):
    """The three doors to the databases, as libpq URLs; never shown, they hold passwords."""

    source_url: Annotated[str, Meta(description="The bank's database, as the role that extracts.")] = field(
        repr=False
    )
    publish_url: Annotated[str, Meta(description="The bank's database, as the role that publishes.")] = field(
        repr=False
    )
    warehouse_url: Annotated[str, Meta(description="The warehouse, as its owner.")] = field(repr=False)
