"""Fixtures for the pipeline: a bank with a ledger to write in and an empty warehouse."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import LiteralString

import pytest

from pipelines import database
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
