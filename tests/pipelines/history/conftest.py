"""A small history of three days long ago, published; each test has a copy of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.settings import Databases, PipelineSettings
from tests.cluster import Cluster
from tests.pipelines.conftest import Bank, clone, make_bank
from tests.pipelines.ledger import later
from tests.pipelines.steps import Steps


@pytest.fixture(scope="module")
def built(module_bank: Bank, dbt_target: Path) -> Steps:
    """Two accounts that move money on three days, and one that was only opened."""
    ledger, steps = module_bank.ledger, Steps(module_bank.databases, dbt_target)
    one, two = ledger.open_account(), ledger.open_account()
    for day in range(3):
        ledger.deposit(one, 1_000, at=later(days=day))
        ledger.transfer(one, two, 10, at=later(days=day, hours=1))
    ledger.open_account("CZK", opened_at=later(days=1))
    steps.refresh()
    return steps


@pytest.fixture
def bank(cluster: Cluster, built: Steps) -> Iterator[Bank]:
    """A copy of that bank."""
    copy = clone(built.databases)
    yield make_bank(copy)
    cluster.drop(copy)


@pytest.fixture
def databases(bank: Bank) -> Databases:
    return Databases(source_url=bank.source_url, publish_url=bank.publish_url, warehouse_url=bank.warehouse_url)


@pytest.fixture
def settings(dbt_target: Path) -> PipelineSettings:
    return PipelineSettings(dbt_target=dbt_target)
