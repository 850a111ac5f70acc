"""Fixtures for the pipeline: a bank with a ledger to write in and an empty warehouse."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import dagster as dg
import pytest

from pipelines import database
from pipelines.settings import Settings
from pipelines.transform.project import Project
from tests.cluster import Cluster, Databases
from tests.pipelines.ledger import Ledger, Row


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


@pytest.fixture(scope="session")
def dbt_target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project's manifest, parsed once."""
    target = tmp_path_factory.mktemp("dbt")
    Project(Settings.read({}).dbt_project, target).parse(write_manifest=True)
    return target


@dataclass(frozen=True)
class Pipeline:
    """The definitions, ready to run on a bank."""

    bank: Bank
    defs: dg.Definitions
    instance: dg.DagsterInstance

    def run(self, job: str = "refresh") -> dg.ExecuteInProcessResult:
        """Execute a job in this process; a failure is a result, not an exception."""
        return self.defs.resolve_job_def(job).execute_in_process(instance=self.instance, raise_on_error=False)

    def published(self, query: LiteralString) -> list[Row]:
        """What a query gives in the bank, as the publisher."""
        with database.connect(self.bank.publish_url) as connection:
            return connection.execute(query).fetchall()


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
