"""Fixtures for the pipeline: a bank with a ledger to write in and an empty warehouse."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import dagster as dg
import psycopg
import pytest
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode, SourceDefinition
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from infra.local.databases import DatabaseNames, grant_bank
from pipelines import database
from pipelines.extract.batch import Batch
from pipelines.extract.service import extract
from pipelines.settings import NOWHERE, PipelineSettings
from pipelines.transform.project import Project
from tests.cluster import Cluster, Databases
from tests.pipelines.ledger import Ledger, Row
from tests.pipelines.steps import Steps


@dataclass(frozen=True)
class Bank:
    """One bank, with its doors for the pipeline."""

    databases: Databases
    ledger: Ledger

    @property
    def source_url(self) -> str:
        return self.databases.url("extractor")

    @property
    def publish_url(self) -> str:
        return self.databases.url("publisher")

    @property
    def warehouse_url(self) -> str:
        return self.databases.warehouse_url

    def extract(self) -> Batch:
        """One extract."""
        return extract(self.source_url, self.warehouse_url, wait_s=5)

    def published(self, query: LiteralString) -> list[Row]:
        """What a query gives in the bank, as the publisher."""
        with database.connect(self.publish_url) as connection:
            return connection.execute(query).fetchall()

    def raw(self, query: LiteralString) -> list[Row]:
        """What a query gives in the warehouse."""
        with database.connect(self.warehouse_url) as warehouse:
            return warehouse.execute(query).fetchall()

    def raw_transactions(self) -> list[Row]:
        return self.raw(
            "select id, transfer_id, account_id, counterparty, amount, balance_after, sequence, at "
            "from raw.transaction order by account_id, sequence"
        )

    def raw_accounts(self) -> list[Row]:
        return self.raw(
            "select id, type, currency, total, last_sequence, approved, opened_at, closed_at "
            "from raw.account order by id"
        )

    def assert_raw_equals_ledger(self) -> None:
        assert self.raw_transactions() == self.ledger.transactions()
        assert self.raw_accounts() == self.ledger.accounts()


def make_bank(databases: Databases) -> Bank:
    """A bank on these databases."""
    return Bank(databases, Ledger(databases.superuser_url()))


@pytest.fixture
def bank(cluster: Cluster) -> Iterator[Bank]:
    """A fresh bank for one test."""
    created = cluster.create()
    yield make_bank(created)
    cluster.drop(created)


@pytest.fixture(scope="module")
def module_bank(cluster: Cluster) -> Iterator[Bank]:
    """A fresh bank shared by the tests of one module."""
    created = cluster.create()
    yield make_bank(created)
    cluster.drop(created)


def clone(databases: Databases) -> Databases:
    """A copy of a bank, rows and all; quicker than building it again. Nobody may be connected to the original."""
    copy = uuid4().hex[:12]
    names = DatabaseNames(f"bank_{copy}", f"warehouse_{copy}", f"dagster_{copy}")
    with psycopg.connect(databases.superuser_url("postgres"), autocommit=True) as connection:
        for kind, owner in (("bank", "postgres"), ("warehouse", "warehouse"), ("dagster", "dagster")):
            connection.execute(
                sql.SQL("create database {} template {} owner {}").format(
                    sql.Identifier(getattr(names, kind)),
                    sql.Identifier(getattr(databases.names, kind)),
                    sql.Identifier(owner),
                )
            )
        grant_bank(connection, names.bank)
    return Databases(databases.server_url, names)


@pytest.fixture(scope="session")
def dbt_target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the manifest of the checkout's project, which is parsed once for all banks.

    Each bank gets the same manifest with its own warehouse's name in it: dbt would begin anew for each, and take
    longer than most tests do. Copies of the project are parsed as ever.
    """
    target = tmp_path_factory.mktemp("dbt")
    folder, nowhere = PipelineSettings.read({}).dbt_project, conninfo_to_dict(NOWHERE)["dbname"]
    original = Project.parse
    parsed = Project(folder, target).parse(write_manifest=True)

    def parse(project: Project, warehouse_url: str = NOWHERE, *, write_manifest: bool = False) -> Manifest:
        if write_manifest or project.folder != folder:
            return original(project, warehouse_url, write_manifest=write_manifest)
        manifest = parsed.deepcopy()
        name = str(conninfo_to_dict(warehouse_url)["dbname"])
        for node in (*manifest.nodes.values(), *manifest.sources.values()):
            node.database = name
            if isinstance(node, ModelNode | SourceDefinition) and node.relation_name:
                node.relation_name = node.relation_name.replace(f'"{nowhere}"', f'"{name}"')
        return manifest

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Project, "parse", parse)
        yield target


@pytest.fixture
def steps(bank: Bank, dbt_target: Path) -> Steps:
    """The pipeline's steps on a fresh bank."""
    return Steps(bank.databases, dbt_target)


@dataclass(frozen=True)
class Pipeline:
    """The definitions, ready to run on a bank."""

    bank: Bank
    defs: dg.Definitions
    instance: dg.DagsterInstance

    def run(
        self, job: str = "refresh", selection: list[dg.AssetKey] | None = None, day: str | None = None
    ) -> dg.ExecuteInProcessResult:
        """Execute a job, some of its assets or one day in this process; a failure is a result, no exception."""
        return self.defs.resolve_job_def(job).execute_in_process(
            instance=self.instance, raise_on_error=False, asset_selection=selection, partition_key=day
        )


@pytest.fixture
def pipeline(bank: Bank, dbt_target: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    """The pipeline on a fresh bank."""
    for name, value in {
        "TIDEMARK_SOURCE_URL": bank.source_url,
        "TIDEMARK_PUBLISH_URL": bank.publish_url,
        "TIDEMARK_WAREHOUSE_URL": bank.warehouse_url,
        "TIDEMARK_DBT_TARGET": str(dbt_target),
        "TIDEMARK_TIME_ZONE": "UTC",
    }.items():
        monkeypatch.setenv(name, value)
    from pipelines.definitions import defs

    with dg.DagsterInstance.ephemeral() as instance:
        yield Pipeline(bank, defs, instance)
