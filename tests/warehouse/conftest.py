"""A warehouse of a module's own, with the extract's raw tables, and dbt against it."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.cluster import Cluster
from tests.warehouse.dbt import Dbt
from tests.warehouse.raw import create_raw


@pytest.fixture(scope="module")
def warehouse_url(cluster: Cluster) -> Iterator[str]:
    """An empty warehouse, as its owner."""
    databases = cluster.create(is_migrated=False)
    yield databases.warehouse_url
    cluster.drop(databases)


@pytest.fixture(scope="module")
def warehouse(warehouse_url: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to the module's warehouse; the raw tables are there, empty."""
    with psycopg.connect(warehouse_url, autocommit=True) as connection:
        create_raw(connection)
        yield connection


@pytest.fixture(scope="module")
def dbt(warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """dbt against the module's warehouse."""
    return Dbt(warehouse_url, tmp_path_factory.mktemp("dbt"))
