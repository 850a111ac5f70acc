"""Keys are locked in one order, oldest first, so that no two transactions wait for each other."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from api.shared.database import AsyncConnection, AsyncEngine
from api.users.crypto import repository
from api.users.settings import UsersSettings
from tests.cluster import Databases
from tests.users.conftest import wait_until_blocked

pytestmark = pytest.mark.slow

Lock = Callable[[AsyncConnection], Awaitable[Any]]


@pytest.fixture(scope="module", autouse=True)
def two_keys(database: psycopg.Connection) -> None:
    """The newer one lies first."""
    database.execute(
        "insert into users.index_key values"
        " ('new', '', 'master', now()), ('old', '', 'master', now() - interval '1 hour')"
    )


class TestIndexKeys:
    @pytest.mark.parametrize(
        "lock",
        [
            repository.lock_index_keys,
            lambda connection: repository.index_keys(connection, for_writing=True),
            lambda connection: repository.wrapped_by_others(connection, "index_key", "another"),
        ],
        ids=["to retire one", "to add a user", "to wrap them anew"],
    )
    def test_oldest_first(
        self, settings: UsersSettings, module_databases: Databases, database: psycopg.Connection, lock: Lock
    ) -> None:
        async def take() -> None:
            engine = AsyncEngine(settings)
            try:
                async with engine.begin() as connection:
                    await lock(connection)
            finally:
                await engine.dispose()

        row = "select from users.index_key where id = %s for update"
        with ThreadPoolExecutor(1) as pool, psycopg.connect(module_databases.superuser_url()) as holder:
            holder.execute(row, ("old",))
            waiting = pool.submit(asyncio.run, take())
            wait_until_blocked(database, holder, waiting)
            database.execute(f"{row} nowait", ("new",))
            holder.rollback()
            waiting.result()
