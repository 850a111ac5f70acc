"""A stats service over a fresh bank: the services' own schemas, tokens signed with a key of these tests."""

from collections.abc import Iterator

import pytest
from litestar.testing import TestClient

from api.stats.app import create_app
from api.stats.settings import StatsSettings
from tests.cluster import Databases
from tests.stats.world import ISSUER, Api, World, key_source


@pytest.fixture(scope="module")
def settings(module_databases: Databases) -> StatsSettings:
    """The service's settings."""
    return StatsSettings(
        database_url=module_databases.url("stats_app"), gateway_url=ISSUER, issuer=ISSUER, pool_size=4
    )


@pytest.fixture(scope="module")
def bank(module_databases: Databases) -> Iterator[World]:
    """The bank of a module's tests."""
    world = World(module_databases)
    yield world
    world.close()


@pytest.fixture
def world(bank: World) -> World:
    """The bank, with nothing published."""
    bank.forget()
    return bank


@pytest.fixture(scope="module")
def api(settings: StatsSettings) -> Iterator[Api]:
    """The service."""
    with TestClient(create_app(settings, key_source)) as client:
        yield Api(client)
