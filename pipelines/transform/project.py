"""The dbt project: its environment, and its manifest."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from psycopg.conninfo import conninfo_to_dict

from pipelines.settings import NOWHERE, PipelineSettings
from pipelines.transform.errors import TransformError

# What a project is made of.
SOURCES = {".sql", ".yml", ".csv", ".md"}
# dbt takes a second to import, and not everyone who names a project runs it.
if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner, dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest


@dataclass(frozen=True)
class Project:
    """A dbt project's folder and where its artefacts go."""

    folder: Path
    target: Path

    @classmethod
    def of(cls, settings: PipelineSettings) -> "Project":
        return cls(settings.dbt_project, settings.target)

    def parse(self, warehouse_url: str = NOWHERE, *, write_manifest: bool = False) -> "Manifest":
        """Read the project, only what changed since the last time; with `write_manifest` also leave manifest.json.

        A manifest names the warehouse's database, so only one of the right `warehouse_url` can be run.
        Raises TransformError with dbt's own words when the project is not sound.
        """
        kept = None if write_manifest else _KEPT.pop((self, warehouse_url, self.state()), None)
        if kept is not None:
            return kept
        from dbt.cli.main import dbtRunner
        from dbt.contracts.graph.manifest import Manifest

        with environment(warehouse_url):
            done = self.invoke(dbtRunner(), "parse", *([] if write_manifest else ["--no-write-json"]))
        if not done.success or not isinstance(done.result, Manifest):
            raise TransformError(f"The dbt project can't be parsed: {done.exception}")
        return done.result

    def keep_parsed(self, warehouse_url: str) -> None:
        """Parse now what the next `parse` of the same files gives: for a process that others are forked from.

        It gives it once, since a run writes what it compiles into its manifest; each fork has a copy of its own.
        The macros are compiled too, which dbt keeps by their text.
        """
        from dbt_common.clients.jinja import template_cache

        manifest = self.parse(warehouse_url)
        _KEPT[self, warehouse_url, self.state()] = manifest
        for macro in manifest.macros.values():
            template_cache.get_node_template(macro)

    def state(self) -> str:
        """A digest of the files' names, sizes and times of change: it differs after an edit, and costs little."""
        digest = sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in SOURCES:
                status = path.stat()
                digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def variables(self) -> dict[str, Any]:
        """The variables that the project sets for itself."""
        configuration = yaml.safe_load((self.folder / "dbt_project.yml").read_text())
        return dict(configuration.get("vars") or {})

    def invoke(self, runner: "dbtRunner", command: str, *arguments: str) -> "dbtRunnerResult":
        """Run a dbt command in this process; what it says goes to the standard output."""
        return runner.invoke(
            [
                *("--no-use-colors", "--log-level-file", "none", "--no-send-anonymous-usage-stats"),
                *(command, "--project-dir", str(self.folder), "--profiles-dir", str(self.folder)),
                *("--target", "prod", "--target-path", str(self.target), "--log-path", str(self.target)),
                *arguments,
            ]
        )


_KEPT: "dict[tuple[Project, str, str], Manifest]" = {}


@contextmanager
def environment(warehouse_url: str) -> Iterator[None]:
    """The variables that the project's profile reads, taken from the warehouse's URL, for the time of a call."""
    parts = conninfo_to_dict(warehouse_url)
    values = {
        "TIDEMARK_WAREHOUSE_HOST": parts.get("host", "127.0.0.1"),
        "TIDEMARK_WAREHOUSE_PORT": parts.get("port", "5432"),
        "TIDEMARK_WAREHOUSE_USER": parts.get("user", ""),
        "DBT_ENV_SECRET_WAREHOUSE_PASSWORD": parts.get("password", ""),
        "TIDEMARK_WAREHOUSE_DBNAME": parts.get("dbname", ""),
    }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update({name: str(value) for name, value in values.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
