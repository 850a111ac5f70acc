"""The dbt models as Dagster assets, and dbt's data tests as asset checks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from dagster_dbt.asset_utils import DAGSTER_DBT_UNIQUE_ID_METADATA_KEY

from pipelines import database
from pipelines.baseline import baseline
from pipelines.errors import Refused
from pipelines.extract.assets import completeness
from pipelines.extract.batch import newest_batch
from pipelines.extract.closing import unproven
from pipelines.owners import OWNERS
from pipelines.resources import PipelineRun
from pipelines.transform.results import NodeResult, Target

Event = dg.MaterializeResult | dg.AssetCheckResult


class Translator(DagsterDbtTranslator):
    """Names assets after their tables (`marts/stats_daily`), by layer, with the sentence that describes them."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        layer = node["fqn"][1] if node["resource_type"] == "model" else node["schema"]
        return spec.replace_attributes(
            key=dg.AssetKey([layer, node["name"]]),
            # Without the model's SQL, which dagster-dbt puts behind it.
            description=node["description"],
            group_name=layer,
            owners=OWNERS,
            automation_condition=None,
        )


def dbt_models_of(manifest: Path) -> dg.AssetsDefinition:
    """The assets of a prebuilt manifest."""

    @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator(), name="dbt_models")
    def dbt_models(
        context: dg.AssetExecutionContext, pipeline_run: dg.ResourceParam[PipelineRun]
    ) -> Iterator[Event]:
        # dbt takes a second to import, and only a run needs it.
        from pipelines.transform.project import Project
        from pipelines.transform.service import build

        with pipeline_run.step():
            known = _known_nodes(context.assets_def)
            names = None
            if context.is_subset:
                names = {str(node.path[-1]) for node in context.selected_asset_keys}
            project = Project.of(pipeline_run.settings)
            broken: list[str] = []
            target, made_from = _target(pipeline_run)
            for result in build(project, pipeline_run.databases.warehouse_url, target, names):
                if result.is_test and not result.is_good:
                    broken.append(f"test {result.name}: {result.message}")
                    # Now, for Dagster ends the step itself where a blocking check fails.
                    pipeline_run.refuse(broken)
                if (event := _event(result, known, made_from)) is not None:
                    yield event
                else:
                    context.log.info(f"{result.name}: {result.status}. Reload the code to see it.")
            if broken:
                raise Refused(" | ".join(broken))

    return dbt_models


def _target(run: PipelineRun) -> tuple[Target, dict[str, dg.MetadataValue]]:
    """What to build, and what an operator sees of it beside each model."""
    with (
        database.connect(run.databases.warehouse_url) as warehouse,
        database.connect(run.databases.publish_url) as bank,
    ):
        batch = newest_batch(warehouse)
        since = unproven(run) or baseline(bank, warehouse).unproven
        target = Target(batch.batch_id, since.batch_id, run.settings.time_zone)
        return target, completeness(batch)


def _known_nodes(assets: dg.AssetsDefinition) -> dict[str, dg.AssetKey | dg.AssetCheckKey]:
    """dbt's unique id → what the definitions call it. An edited project may hold nodes they don't know yet."""
    specs: list[dg.AssetSpec | dg.AssetCheckSpec] = [*assets.specs, *assets.check_specs]
    return {spec.metadata[DAGSTER_DBT_UNIQUE_ID_METADATA_KEY]: spec.key for spec in specs}


def _event(
    result: NodeResult,
    known: Mapping[str, dg.AssetKey | dg.AssetCheckKey],
    made_from: Mapping[str, dg.MetadataValue],
) -> Event | None:
    key = known.get(result.unique_id)
    metadata: dict[str, Any] = {"seconds": result.seconds, "message": result.message}
    if result.rows is not None:
        metadata["rows"] = result.rows
    if isinstance(key, dg.AssetCheckKey):
        return dg.AssetCheckResult(
            passed=result.is_good, asset_key=key.asset_key, check_name=key.name, metadata=metadata
        )
    if key is None or not result.is_good:
        return None
    return dg.MaterializeResult(
        asset_key=key, metadata={**metadata, **made_from, "built_in_full": result.is_rebuilt}
    )
