"""An analyst's place: the project they edit, the schema they build in, and production to hold it against."""

import getpass
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode, SeedNode
from psycopg import sql

from infra.local.bank import Bank
from infra.local.databases import ANALYST
from infra.local.errors import LocalError
from infra.local.record import RunRecord
from infra.local.settings import CHECKOUT

SCHEMA_PREFIX = "analyst_"
CHANGED = "state:modified+"
BATCH = "batch_id"
SILENT = ("--log-level", "none")


@dataclass(frozen=True)
class Workspace:
    """`state` is the folder of production's manifest, `target` the one for what dbt leaves."""

    project: Path
    schema: str
    state: Path
    target: Path
    time_zone: str
    warehouse_url: str = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)

    def connect(self) -> psycopg.Connection:
        """The warehouse as the role that reads production and writes in analysts' schemas."""
        return psycopg.connect(self.warehouse_url, autocommit=True)

    def production(self) -> dict[str, str]:
        """Model → the table or view that production has of it, as SQL names it."""
        return {node["name"]: node["relation_name"] for node in self._productions_models()}

    def batch_id(self) -> int | None:
        """The batch that production is built up to, None when nothing was ever extracted.

        Raises LocalError when production has not been built.
        """
        newest = [
            f"select max({BATCH}) as newest from {node['relation_name']}"
            for node in self._productions_models()
            if node["config"]["materialized"] == "incremental" and BATCH in node["columns"]
        ]
        try:
            with self.connect() as warehouse:
                query = f"select max(newest) from ({' union all '.join(newest)}) as built"
                row = warehouse.execute(query).fetchone()
        except psycopg.errors.UndefinedTable:
            raise LocalError(
                "Production has not built its models yet: wait for the first statistics, or run "
                "`tidemark stats run`."
            ) from None
        return row[0] if row else None

    def batch_before(self, batch_id: int | None) -> int | None:
        """The batch that production took in before this one; the same one where it is the first."""
        with self.connect() as warehouse:
            row = warehouse.execute(
                "select max(batch_id) from raw.batch where batch_id < %s", (batch_id,)
            ).fetchone()
        return row[0] if row and row[0] is not None else batch_id

    def parse(self) -> Manifest:
        """The project as it is now. Raises LocalError with dbt's own words when it is not sound."""
        done = self.dbt(None, "parse", *SILENT)
        if not isinstance(done.result, Manifest) or not done.success:
            raise LocalError(f"The project in {self.project} can't be read: {_words(done)}")
        return done.result

    def changed(self, manifest: Manifest, selected: Sequence[str] = ()) -> list[ModelNode | SeedNode]:
        """What differs from production's models and seeds or is built from what does; of `selected`, if given.

        `selected` are terms of dbt's node selection. In the order in which they are built.
        """
        arguments = [
            "--output",
            "name",
            "--resource-type",
            "model",
            "--resource-type",
            "seed",
            *self.selection(selected),
        ]
        done = self.dbt(manifest, "ls", *SILENT, *arguments, "--state", str(self.state))
        if not done.success:
            raise LocalError(f"The models can't be listed: {_words(done)}")
        names = set(done.result if isinstance(done.result, list) else ())
        return [n for n in manifest.nodes.values() if isinstance(n, ModelNode | SeedNode) and n.name in names]

    def selection(self, selected: Sequence[str]) -> list[str]:
        """dbt's `--select` for what is changed among `selected`; everything changed when that is empty."""
        return ["--select", *(f"{CHANGED},{term}" for term in selected or ("*",))]

    def dbt(self, manifest: Manifest | None, command: str, *arguments: str) -> dbtRunnerResult:
        """Run a dbt command against the analyst's target in this process; it speaks to the standard output."""
        with self._variables():
            return dbtRunner(manifest=manifest).invoke(
                [
                    *("--no-use-colors", "--log-level-file", "none", command, "--target", "dev"),
                    *("--project-dir", str(self.project), "--profiles-dir", str(self.project)),
                    *("--target-path", str(self.target), "--log-path", str(self.target)),
                    *arguments,
                ]
            )

    def against_production(self, manifest: Manifest, command: str, batch_id: int | None, *arguments: str) -> None:
        """Run a command that reads production where the analyst has built nothing. Raises LocalError."""
        variables = {"bank_time_zone": self.time_zone, "batch_id": batch_id}
        done = self.dbt(
            manifest,
            *(command, "--defer", "--state", str(self.state), "--vars", json.dumps(variables), *arguments),
        )
        if not done.success:
            reason = f": {done.exception}" if done.exception else "; the lines above say where and why."
            raise LocalError(f"dbt {command} failed{reason}")

    def tables(self) -> set[str]:
        """What is in the analyst's schema."""
        with self.connect() as warehouse:
            rows = warehouse.execute(
                "select table_name from information_schema.tables where table_schema = %s", (self.schema,)
            ).fetchall()
        return {name for (name,) in rows}

    def drop(self, names: Sequence[str] | None = None) -> None:
        """Drop these tables and views of the schema, and what was built on them; without names, all of it."""
        with self.connect() as warehouse:
            warehouse.execute("set client_min_messages = warning")
            if names is None:
                warehouse.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(self.schema)))
            for name in names or ():
                kind = warehouse.execute(
                    "select relkind = 'v' from pg_class where oid = to_regclass(%s)",
                    (sql.Identifier(self.schema, name).as_string(),),
                ).fetchone()
                if kind is not None:
                    statement = "drop view {} cascade" if kind[0] else "drop table {} cascade"
                    warehouse.execute(sql.SQL(statement).format(sql.Identifier(self.schema, name)))

    def _productions_models(self) -> list[dict[str, Any]]:
        nodes = json.loads((self.state / "manifest.json").read_text())["nodes"].values()
        return [node for node in nodes if node["resource_type"] in ("model", "seed")]

    @contextmanager
    def _variables(self) -> Iterator[None]:
        values = {**self.environment, "TIDEMARK_ANALYST_SCHEMA": self.schema}
        before = {name: os.environ.get(name) for name in values}
        os.environ.update(values)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def open_workspace(bank: Bank, project: Path | None, schema: str | None) -> Workspace:
    """The place of an analyst at a running bank.

    Raises LocalError when there is no project, no manifest of production's, or the schema's name can't be used.
    """
    state = bank.state.home / "dbt"
    if not (state / "manifest.json").exists():
        raise LocalError(
            f"Production's manifest {state / 'manifest.json'} is missing, so nothing can be held against it. "
            "`tidemark up` (with its pipeline) writes it at each start."
        )
    name, folder = schema_name(schema), project_folder(project)
    environment = bank.analyst_environment()
    return Workspace(
        project=folder,
        schema=name,
        state=state,
        # For each project its own: dbt takes a file for read when one of that name had its time.
        target=bank.state.home / "analysts" / name / sha256(str(folder).encode()).hexdigest()[:8],
        time_zone=bank.time_zone,
        warehouse_url=bank.database_url(ANALYST),
        environment={key: value for key, value in environment.items() if key.startswith(("TIDEMARK_", "DBT_"))},
    )


def schema_name(wanted: str | None) -> str:
    """The schema to build in: `wanted`, or `analyst_<user>`. Raises LocalError when it can't be an analyst's."""
    if wanted is None:
        return SCHEMA_PREFIX + (re.sub(r"[^a-z0-9]+", "_", getpass.getuser().lower()).strip("_") or "me")[:50]
    if not re.fullmatch(SCHEMA_PREFIX + "[a-z0-9_]{1,50}", wanted):
        raise LocalError(
            f"{wanted!r} can't be an analyst's schema: it begins with {SCHEMA_PREFIX} and goes on with small "
            f"letters, digits and underscores, like {SCHEMA_PREFIX}ada."
        )
    return wanted


def project_folder(wanted: Path | None) -> Path:
    """The dbt project: `wanted`, else the one of the current folder, else the checkout's."""
    candidates = [wanted] if wanted else [Path.cwd(), Path.cwd() / "warehouse", CHECKOUT / "warehouse"]
    for folder in candidates:
        if (folder / "dbt_project.yml").is_file():
            return folder.resolve()
    raise LocalError(f"There is no dbt project in {candidates[0]}: it has no dbt_project.yml.")


def is_productions(bank: Bank, project: Path) -> bool:
    """Whether the running bank builds from this very project."""
    record = RunRecord.read(bank.state.run_record)
    process = record.parts["pipelines"].process if record and "pipelines" in record.parts else None
    return process is not None and (Path(process.cwd()) / "warehouse").resolve() == project


def _words(done: dbtRunnerResult) -> Any:
    return done.exception or done.result
