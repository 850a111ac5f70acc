"""No two attempts wait for each other."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.shared.database import AsyncEngine
from api.users.passwords.throttle import ACCOUNT, PAIR, SOURCE, count_attempt
from api.users.settings import UsersSettings
from tests.cluster import Databases
from tests.users.conftest import wait_until_blocked
from tests.users.passwords.conftest import WRONG, Login
from tests.users.people import PASSWORD, Person

pytestmark = pytest.mark.slow


class TestOrder:
    def test_buckets_are_taken_in_the_order_of_their_keys_new_ones_too(
        self, settings: UsersSettings, module_databases: Databases, database: psycopg.Connection
    ) -> None:
        """Or two attempts, of which one saw a bucket that the other had to add, could wait for each other."""
        database.execute("truncate users.throttle")
        known = "insert into users.throttle values (%s, 0, now(), now())"
        for key in (b"m", b"z"):
            database.execute(known, (key,))
        row = "select from users.throttle where bucket = %s for update"

        async def attempt() -> bool:
            engine = AsyncEngine(settings)
            try:
                async with engine.begin() as connection:
                    return await count_attempt(connection, [(b"z", ACCOUNT), (b"a", PAIR), (b"m", SOURCE)])
            finally:
                await engine.dispose()

        with ThreadPoolExecutor(1) as pool, psycopg.connect(module_databases.superuser_url()) as holder:
            holder.execute(row, (b"m",))
            waiting = pool.submit(asyncio.run, attempt())
            wait_until_blocked(database, holder, waiting)
            # It holds what comes before the one it waits for, and nothing that comes after.
            database.execute(f"{row} nowait", (b"z",))
            database.execute("set lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                database.execute(known, (b"a",))
            database.execute("reset lock_timeout")
            holder.rollback()
            assert waiting.result()

    def test_sign_ins_of_one_new_source_never_wait_for_each_other(
        self, login: Login, client: TestClient[Litestar], database: psycopg.Connection
    ) -> None:
        people = [Person(client).sign_up() for _ in range(2)]
        database.execute("truncate users.throttle")
        for number in range(6):
            address = f"198.51.100.{100 + number}"
            with ThreadPoolExecutor(6) as pool:
                tried = [
                    pool.submit(login, people[each % 2].email, WRONG if each < 2 else PASSWORD, address)
                    for each in range(6)
                ]
                assert {each.result() for each in tried} <= {200, 401}
