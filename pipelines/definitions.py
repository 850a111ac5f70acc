"""Everything Dagster runs: `dagster api grpc -m pipelines.definitions`.

Importing this reads the prebuilt dbt manifest (`python -m pipelines.manifest`) and connects to nothing.
"""

import dagster as dg

from api.shared.settings import SettingsError
from pipelines.alerts.sensors import sensors_of
from pipelines.alerts.settings import AlertSettings
from pipelines.backfill.assets import day_of
from pipelines.checks import ledger_proofs, statistics_proofs
from pipelines.extract.assets import extract_ledger
from pipelines.history.sensor import scrubber_of
from pipelines.publish.assets import publication_of
from pipelines.resources import pipeline_run
from pipelines.retention import retention_of
from pipelines.schedules import BACKFILL, CLOSE_JOBS, EXECUTOR, REFRESH, schedules_of
from pipelines.sensor import refresh_sensor_of
from pipelines.settings import PipelineSettings
from pipelines.transform.assets import dbt_models_of


def _define() -> dg.Definitions:
    settings, alerts = PipelineSettings.read(), AlertSettings.read()
    manifest = settings.target / "manifest.json"
    if not manifest.exists():
        raise SettingsError("There is no dbt manifest: run `python -m pipelines.manifest` (TIDEMARK_DBT_TARGET).")
    return dg.Definitions(
        assets=[
            day_of(settings.time_zone),
            extract_ledger,
            dbt_models_of(manifest),
            publication_of(alerts.stale_after_s),
        ],
        asset_checks=[ledger_proofs, statistics_proofs],
        jobs=[REFRESH, *CLOSE_JOBS.values(), BACKFILL],
        schedules=schedules_of(settings),
        sensors=[
            refresh_sensor_of(settings, alerts.stale_after_s),
            *sensors_of(alerts),
            retention_of(settings),
            scrubber_of(settings),
        ],
        # Steps hand one another nothing but the databases; Dagster's own would load what writes files for that.
        resources={"pipeline_run": pipeline_run, "io_manager": dg.mem_io_manager},
        executor=EXECUTOR,
    )


defs = _define()
