"""A warehouse with the extract's raw tables, and dbt against it.

All modules use one database, one after the other: dbt's parsed project names the database, and is parsed once.
"""

from collections.abc import Iterator

import psycopg
import pytest

from tests.cluster import Cluster, Databases
from tests.warehouse.dbt import Dbt
from tests.warehouse.raw import empty


@pytest.fixture(scope="session")
def warehouse_databases(cluster: Cluster) -> Iterator[Databases]:
    """The databases whose warehouse the modules use."""
    databases = cluster.create(is_migrated=False)
    yield databases
    cluster.drop(databases)


@pytest.fixture(scope="session")
def warehouse_url(warehouse_databases: Databases) -> str:
    """The warehouse, as its owner."""
    return warehouse_databases.warehouse_url


@pytest.fixture(scope="module")
def warehouse(warehouse_url: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to the warehouse, where there is nothing but the raw tables, empty."""
    with psycopg.connect(warehouse_url, autocommit=True) as connection:
        empty(connection)
        yield connection


@pytest.fixture(scope="session")
def dbt(warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """dbt against the warehouse."""
    return Dbt(warehouse_url, tmp_path_factory.mktemp("dbt"))
