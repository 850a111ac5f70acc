"""The scrubber as a Dagster sensor. It needs no run, which would hold up a refresh."""

import dagster as dg

from pipelines.database import Busy
from pipelines.history.scrubber import scrub
from pipelines.settings import Databases, PipelineSettings

EVERY_S = 300
# The daemon gives an evaluation up after a minute; the last part may have to wait for a run first.
TICK_S = 25.0


def scrubber_of(settings: PipelineSettings) -> dg.SensorDefinition:
    """The sensor, for the bank of these settings."""

    @dg.sensor(
        name="scrubber",
        minimum_interval_seconds=EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Proves old history again, part by part, for up to {settings.scrub_budget_s} s a day. Damage"
        " that it finds stops publication until it is mended. Its ticks say how old the oldest proof is.",
    )
    def scrubber() -> dg.SkipReason:
        try:
            return dg.SkipReason(scrub(Databases.read(), settings, TICK_S))
        except Busy:
            return dg.SkipReason("A run is at work.")

    return scrubber
