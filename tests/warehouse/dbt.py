"""Run the dbt project in this process: its command takes seconds to start, a prepared manifest none."""

import json
import os
from pathlib import Path
from unittest import mock

from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from psycopg.conninfo import conninfo_to_dict

PROJECT = Path(__file__).resolve().parents[2] / "warehouse"


class Dbt:
    """The project of `folder` against the warehouse at `url`; what dbt writes goes below `target`."""

    def __init__(self, url: str, target: Path, folder: Path = PROJECT) -> None:
        self._url = url
        self._target = target
        self._folder = folder
        self._manifest: Manifest | None = None

    @property
    def manifest(self) -> Manifest:
        """The parsed project. Any warning of the parser is an error."""
        if self._manifest is None:
            done = self._invoke(
                dbtRunner(), ["--warn-error", "parse", "--show-all-deprecations", "--no-partial-parse"]
            )
            assert isinstance(done.result, Manifest), done.exception
            self._manifest = done.result
        return self._manifest

    def __call__(
        self,
        command: str,
        *arguments: str,
        zone: str = "UTC",
        batch_id: int | None = None,
        published_batch_id: int = 0,
    ) -> dict[str, str]:
        """Run `dbt <command>` and give each node's status by name; raises AssertionError when one went wrong."""
        done = self.attempt(
            command, *arguments, zone=zone, batch_id=batch_id, published_batch_id=published_batch_id
        )
        assert done.exception is None, done.exception
        results = list(getattr(done.result, "results", []))
        wrong = [f"{r.node.name}: {r.message}" for r in results if r.status in ("error", "fail", "skipped")]
        assert not wrong, "\n".join(wrong)
        # The project's check of itself, before each command, is a result as well.
        return {r.node.name: str(r.status) for r in results if r.node.resource_type != "operation"}

    def compiled(self, model: str, zone: str) -> str:
        """The SQL that the next run of a model would execute."""
        return self._compiled("--select", model, zone=zone)

    def compiled_inline(self, sql: str, zone: str) -> str:
        """SQL with the project's macros, as it would be executed."""
        return self._compiled("--inline", sql, zone=zone)

    def _compiled(self, *arguments: str, zone: str) -> str:
        done = self.attempt("compile", *arguments, zone=zone)
        return str(getattr(done.result, "results", [])[0].node.compiled_code)

    def attempt(
        self,
        command: str,
        *arguments: str,
        zone: str = "UTC",
        batch_id: int | None = None,
        published_batch_id: int = 0,
    ) -> dbtRunnerResult:
        """The same, whatever comes of it."""
        variables = {"bank_time_zone": zone, "batch_id": batch_id, "published_batch_id": published_batch_id}
        return self._invoke(
            dbtRunner(manifest=self.manifest),
            [*command.split(), "--no-write-json", "--vars", json.dumps(variables), *arguments],
        )

    def _invoke(self, runner: dbtRunner, arguments: list[str]) -> dbtRunnerResult:
        with mock.patch.dict(os.environ, environment(self._url)):
            return runner.invoke(
                [
                    *("--quiet", "--log-level-file", "none", "--no-use-colors"),
                    *arguments,
                    *("--project-dir", str(self._folder), "--profiles-dir", str(self._folder)),
                    *("--target-path", str(self._target), "--log-path", str(self._target)),
                ]
            )


def environment(url: str) -> dict[str, str]:
    """What the project's profile reads to reach the warehouse at `url`."""
    parts = conninfo_to_dict(url)
    return {
        "TIDEMARK_WAREHOUSE_HOST": str(parts["host"]),
        "TIDEMARK_WAREHOUSE_PORT": str(parts["port"]),
        "TIDEMARK_WAREHOUSE_USER": str(parts["user"]),
        "DBT_ENV_SECRET_WAREHOUSE_PASSWORD": str(parts["password"]),
        "TIDEMARK_WAREHOUSE_DBNAME": str(parts["dbname"]),
    }
