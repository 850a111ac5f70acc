"""What a model was built from. When it changes, the model's old rows no longer mean what new ones do."""

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode, SeedNode

from pipelines.database import Connection

# Words about a model, not the model.
DESCRIPTIVE = {"meta", "tags", "docs", "group", "access"}


def fingerprints(manifest: Manifest, variables: Mapping[str, Any]) -> dict[str, str]:
    """Model or seed → a digest of its SQL (its file) and configuration, the project's macros it uses, `variables`
    (those that shape figures) and everything it is built from."""
    package = manifest.metadata.project_name

    @cache
    def of_macro(unique_id: str) -> str:
        macro = manifest.macros[unique_id]
        if macro.package_name != package:
            return unique_id
        return _digest(macro.macro_sql, *(of_macro(used) for used in sorted(macro.depends_on.macros)))

    @cache
    def of_node(unique_id: str) -> str:
        node = manifest.nodes.get(unique_id)
        if not isinstance(node, ModelNode | SeedNode):
            return unique_id
        config = {key: value for key, value in node.config.to_dict().items() if key not in DESCRIPTIVE}
        if isinstance(node, SeedNode):
            return _digest(node.checksum.checksum, config)
        return _digest(
            node.raw_code,
            config,
            [(column.name, column.data_type) for column in node.columns.values()],
            dict(variables),
            *(of_macro(used) for used in sorted(node.depends_on.macros)),
            *(of_node(parent) for parent in sorted(node.depends_on.nodes)),
        )

    return {
        node.name: of_node(unique_id)
        for unique_id, node in manifest.nodes.items()
        if isinstance(node, ModelNode | SeedNode)
    }


def stored(warehouse: Connection) -> dict[str, str]:
    """Model name → the fingerprint that its rows in the warehouse were built from."""
    return dict(warehouse.execute("select model, fingerprint from pipeline.model_build").fetchall())


def store(warehouse: Connection, built: Mapping[str, str]) -> None:
    """Remember what these models were built from."""
    for model, fingerprint in built.items():
        warehouse.execute(
            "insert into pipeline.model_build (model, fingerprint) values (%s, %s) "
            "on conflict (model) do update set fingerprint = excluded.fingerprint, built_at = now()",
            (model, fingerprint),
        )


def _digest(*parts: Any) -> str:
    return sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
