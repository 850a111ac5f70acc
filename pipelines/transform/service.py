"""Build the models up to a batch, and test what was written."""

import json
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from dbt.artifacts.schemas.results import NodeStatus
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.nodes import ModelNode, SeedNode

from pipelines import database
from pipelines.transform import fingerprint
from pipelines.transform.connections import kept
from pipelines.transform.errors import TransformError
from pipelines.transform.project import Project, environment
from pipelines.transform.results import NodeResult, Target

# Variables that say how far to build: they differ from run to run and mean nothing for what a row says.
BOUNDS = {"batch_id", "published_batch_id", "rebuild_above"}
GOOD = {NodeStatus.Success, NodeStatus.Pass, NodeStatus.Warn, NodeStatus.NoOp}


def build(
    project: Project, warehouse_url: str, target: Target, only: AbstractSet[str] | None = None
) -> Iterator[NodeResult]:
    """Build models and seeds (all, or those named), then run the data tests on them; each result as it comes.

    A model is built in full when what it is made from differs from what its rows were made from; else it takes in
    what is new. Raises TransformError after the results when a model failed; a failed test is a result only.
    """
    manifest = project.parse(warehouse_url)
    names = {
        node.name
        for node in manifest.nodes.values()
        if isinstance(node, ModelNode | SeedNode) and (only is None or node.name in only)
    }
    seeds = {node.name for node in manifest.nodes.values() if isinstance(node, SeedNode)}
    runner = dbtRunner(manifest=manifest)
    with kept(), database.connect(warehouse_url) as warehouse:
        database.prepare(warehouse)
        current = fingerprint.fingerprints(manifest, _shaping_variables(project, target))
        stored = fingerprint.stored(warehouse)
        changed = {name for name in names if stored.get(name) != current[name]}
        # What is built from something changed is itself changed, so the unchanged never wait for the changed.
        for part, rebuild in ((names - changed - seeds, False), (changed, True)):
            if not part:
                continue
            results = _invoke(project, runner, warehouse_url, target, "build", part, rebuild=rebuild)
            if rebuild:
                built = {result.name for result in results if result.is_good}
                fingerprint.store(warehouse, {name: current[name] for name in built})
            yield from results
            _raise_for_failed(results)
        yield from _invoke(project, runner, warehouse_url, target, "test", names)


def changed_models(project: Project, warehouse_url: str, target: Target) -> set[str]:
    """The models and seeds that are made from something else than their rows were. Raises TransformError."""
    current = fingerprint.fingerprints(project.parse(warehouse_url), _shaping_variables(project, target))
    with database.connect(warehouse_url) as warehouse:
        stored = fingerprint.stored(warehouse)
    return {name for name, made_from in current.items() if stored.get(name) != made_from}


def rebuilding(
    project: Project, warehouse_url: str, target: Target, marts: Collection[str], *, above: int | None
) -> dict[str, str]:
    """Mart → the query that makes its rows from nothing, up to the batch.

    With `above` only the rows that the mart has in batches above that one. Raises TransformError.
    """
    runner = dbtRunner(manifest=project.parse(warehouse_url))
    variables = {**_variables(target), "rebuild_above": above}
    arguments = ["--log-level", "none", "--full-refresh", "--no-write-json", "--vars", json.dumps(variables)]
    with environment(warehouse_url):
        done = project.invoke(runner, "compile", *arguments, "--select", *sorted(marts))
    if not done.success:
        raise TransformError(f"Models could not be compiled: {done.exception}")
    return {result.node.name: result.node.compiled_code for result in getattr(done.result, "results", [])}


def _variables(target: Target) -> dict[str, Any]:
    return {
        "batch_id": target.batch_id,
        "published_batch_id": target.published_batch_id,
        "bank_time_zone": target.time_zone,
    }


def _shaping_variables(project: Project, target: Target) -> dict[str, Any]:
    variables = {name: value for name, value in project.variables().items() if name not in BOUNDS}
    return {**variables, "bank_time_zone": target.time_zone}


def _invoke(
    project: Project,
    runner: dbtRunner,
    warehouse_url: str,
    target: Target,
    command: str,
    names: AbstractSet[str],
    *,
    rebuild: bool = False,
) -> list[NodeResult]:
    arguments = ["--no-write-json", "--vars", json.dumps(_variables(target)), "--select", *sorted(names)]
    arguments += ["--exclude-resource-type", "unit_test"]
    if command == "build":
        arguments += ["--exclude-resource-type", "test"]
    if rebuild:
        arguments.append("--full-refresh")
    with environment(warehouse_url):
        done = project.invoke(runner, command, *arguments)
    if done.exception is not None:
        raise TransformError(f"dbt {command} failed: {done.exception}") from done.exception
    results = getattr(done.result, "results", [])
    # The project's own check before each command comes as a result too, and says something when it fails.
    kinds = ("model", "seed", "test")
    return [
        _node_result(result, rebuild)
        for result in results
        if result.node.resource_type in kinds or result.status == NodeStatus.Error
    ]


def _node_result(result: Any, rebuild: bool) -> NodeResult:
    is_test = result.node.resource_type == "test"
    rows = result.failures if is_test else result.adapter_response.get("rows_affected")
    return NodeResult(
        unique_id=result.node.unique_id,
        name=result.node.name,
        is_test=is_test,
        is_rebuilt=rebuild,
        status=str(result.status),
        is_good=result.status in GOOD,
        message=str(result.message or ""),
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        seconds=float(result.execution_time),
    )


def _raise_for_failed(results: Sequence[NodeResult]) -> None:
    failed = [f"{result.name}: {result.message}" for result in results if result.status == NodeStatus.Error]
    if failed:
        raise TransformError("Models could not be built. " + " | ".join(failed))
