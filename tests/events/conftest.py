"""An events service over a bank with a real ledger."""

from collections.abc import Iterator

import pytest
from litestar.testing import TestClient

from api.events.app import create_app
from api.events.settings import EventsSettings
from tests.cluster import Databases
from tests.events.world import EventsWorld
from tests.stats.world import ISSUER, Api, key_source


@pytest.fixture(scope="module")
def settings(module_databases: Databases) -> EventsSettings:
    """The service's settings."""
    return EventsSettings(
        database_url=module_databases.url("events_app"), gateway_url=ISSUER, issuer=ISSUER, pool_size=4
    )


@pytest.fixture(scope="module")
def api(settings: EventsSettings) -> Iterator[Api]:
    """The service."""
    with TestClient(create_app(settings, key_source)) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def world(module_databases: Databases, api: Api) -> Iterator[EventsWorld]:
    """The bank of a module's tests; each test has people and accounts of its own."""
    world = EventsWorld(module_databases, api)
    yield world
    world.close()
