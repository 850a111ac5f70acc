"""The pool: what its connections survive, what callers are told, and that a statement is sent once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.shared import database as pool
from api.shared.database import AsyncEngine, text
from api.shared.errors import Unavailable
from api.shared.settings import ServiceSettings
from tests.shared.answers import problem
from tests.stalling import StallingProxy, stalling_proxy

pytestmark = pytest.mark.slow

T = TypeVar("T")
Run = Callable[[Callable[[AsyncEngine], Awaitable[T]]], T]
PID = text("select pg_backend_pid()")
SLEEP = text("select pg_sleep(:seconds)")
OURS = "from pg_stat_activity where datname = current_database() and application_name = 'tidemark'"
BEGUN = f"select count(*) {OURS} and query like 'select pg_sleep%' and state = 'active'"
END = f"select pg_terminate_backend(pid, 5000) {OURS}"


@pytest.fixture
def run(settings: ServiceSettings) -> Run[Any]:
    """Runs a coroutine on one connection."""

    async def main(what: Callable[[AsyncEngine], Awaitable[Any]]) -> Any:
        engine = AsyncEngine(replace(settings, pool_size=1))
        try:
            return await what(engine)
        finally:
            await engine.dispose()

    return lambda what: asyncio.run(main(what))


async def pid(engine: AsyncEngine) -> int:
    row = await engine.row(PID, {})
    assert row is not None
    return row[0]


async def sleeping(engine: AsyncEngine, database: psycopg.Connection) -> asyncio.Task[Any]:
    """A statement that takes long and has begun."""
    task = asyncio.create_task(engine.row(SLEEP, {"seconds": 15}))
    while database.execute(BEGUN).fetchone() != (1,):
        await asyncio.sleep(0.01)
    return task


async def cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class TestTransaction:
    def amounts(self, database: psycopg.Connection) -> list[Any]:
        return [row[0] for row in database.execute("select amount from public.thing")]

    def test_is_committed_before_the_answer(
        self, client: TestClient[Litestar], database: psycopg.Connection
    ) -> None:
        assert client.post("/thing/write", json={"amount": 11}).status_code == 201
        assert 11 in self.amounts(database)

    def test_is_rolled_back_by_a_refusal(self, client: TestClient[Litestar], database: psycopg.Connection) -> None:
        answer = client.post("/thing/write", json={"amount": 12, "flag": True})
        assert problem(answer) == (409, "conflict")
        assert 12 not in self.amounts(database)

    def test_a_failed_commit_answers_503(self, client: TestClient[Litestar], database: psycopg.Connection) -> None:
        database.execute(
            """
            create function public.lose_connection() returns trigger language plpgsql security definer as
            $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
            create constraint trigger lose after insert on public.thing
            deferrable initially deferred for each row execute function public.lose_connection();
            """
        )
        try:
            answer = client.post("/thing/write", json={"amount": 13})
        finally:
            database.execute("drop trigger lose on public.thing; drop function public.lose_connection()")
        assert problem(answer) == (503, "unavailable")
        assert 13 not in self.amounts(database)
        assert client.post("/thing/write", json={"amount": 14}).status_code == 201


class TestRow:
    def test_gives_the_first_row_or_none(self, run: Run[Any]) -> None:
        async def both(engine: AsyncEngine) -> list[Any]:
            statement = text("select n, 'b' || :b from generate_series(1, cast(:n as bigint)) as n")
            return [await engine.row(statement, {"n": n, "b": "x"}) for n in (2, 0)]

        assert run(both) == [(1, "bx"), None]

    def test_is_a_transaction_of_its_own(self, run: Run[Any], database: psycopg.Connection) -> None:
        database.execute("delete from public.thing")

        async def insert_and_fail(engine: AsyncEngine) -> list[int]:
            first = await pid(engine)
            await engine.row(text("insert into public.thing values (1) returning 1"), {})
            with pytest.raises(psycopg.errors.DivisionByZero):
                await engine.row(text("insert into public.thing values (1 / 0) returning 1"), {})
            return [first, await pid(engine)]

        first, second = run(insert_and_fail)
        assert first == second
        assert database.execute("select count(*) from public.thing").fetchone() == (1,)


class TestConnections:
    def test_a_cancelled_call_ends_its_statement_and_leaves_a_connection_that_works(
        self, run: Run[Any], database: psycopg.Connection
    ) -> None:
        async def cancel_one(engine: AsyncEngine) -> list[int]:
            first = await pid(engine)
            await cancel(await sleeping(engine, database))
            return [first, await pid(engine)]

        first, second = run(cancel_one)
        assert first == second
        assert database.execute(BEGUN).fetchone() == (0,)

    def test_cancelled_while_waiting_for_one(self, run: Run[Any], database: psycopg.Connection) -> None:
        async def cancel_both(engine: AsyncEngine) -> int:
            task = await sleeping(engine, database)
            waiting = asyncio.create_task(pid(engine))
            await asyncio.sleep(0)
            await cancel(waiting)
            await cancel(task)
            return await pid(engine)

        assert run(cancel_both) > 0

    def test_none_is_free_in_time(
        self, run: Run[Any], database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def ask_while_another_holds_it(engine: AsyncEngine) -> int:
            task = await sleeping(engine, database)
            with pytest.raises(Unavailable):
                await pid(engine)
            await cancel(task)
            return await pid(engine)

        monkeypatch.setattr(pool, "PATIENCE_S", 0.05)
        assert run(ask_while_another_holds_it) > 0

    def test_the_server_ends_one_at_work(self, run: Run[Any], database: psycopg.Connection) -> None:
        async def ask_after(engine: AsyncEngine) -> int:
            task = await sleeping(engine, database)
            database.execute(END)
            with pytest.raises(Unavailable):
                await task
            return await pid(engine)

        assert run(ask_after) > 0

    def test_there_is_no_server(self, settings: ServiceSettings) -> None:
        nowhere = AsyncEngine(replace(settings, database_url="postgresql://nobody@127.0.0.1:1/x", pool_size=1))
        for _ in range(2):
            with pytest.raises(Unavailable):
                asyncio.run(nowhere.row(PID, {}))

    @pytest.mark.parametrize("how", ["row", "begin", "connect"])
    def test_a_server_that_does_not_answer_any_more(self, settings: ServiceSettings, how: str) -> None:
        """Nor does it answer who wants to cancel: the connection must go from our side."""
        port = urlsplit(settings.database_url).port
        assert port

        async def ask_before_and_after(engine: AsyncEngine, proxy: StallingProxy) -> None:
            await ask(engine, how)
            proxy.stall()
            with pytest.raises(Unavailable):
                await ask(engine, how)

        with stalling_proxy(port) as proxy:
            url = settings.database_url.replace(f":{port}/", f":{proxy.port}/")
            engine = AsyncEngine(replace(settings, database_url=url, pool_size=1, answer_timeout_s=1))
            asyncio.run(ask_before_and_after(engine, proxy))


class TestIdle:
    """What has ended while nobody used it is replaced before the statement is sent, once."""

    @pytest.fixture(autouse=True)
    def _empty(self, database: psycopg.Connection) -> None:
        database.execute("delete from public.thing")

    @pytest.mark.parametrize("how", ["row", "begin", "connect"])
    def test_ended_by_the_server(self, settings: ServiceSettings, database: psycopg.Connection, how: str) -> None:
        async def ask_after() -> None:
            engine = AsyncEngine(replace(settings, pool_size=3))
            await asyncio.gather(*(engine.row(SLEEP, {"seconds": 0.05}) for _ in range(3)))
            database.execute(END)
            for _ in range(3):
                await ask(engine, how)
            await engine.dispose()

        asyncio.run(ask_after())
        assert database.execute("select count(*) from public.thing").fetchone() == (3,)

    @pytest.mark.parametrize("ago_s", [pool.TRUSTED_IDLE_S, -3600], ids=["long ago", "the clock was set back"])
    def test_left_too_long_ago_to_be_trusted(
        self, settings: ServiceSettings, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, ago_s: int
    ) -> None:
        """A function that was frozen never got the packet that ended its connection."""
        port = urlsplit(settings.database_url).port
        assert port

        async def ask_after(engine: AsyncEngine, proxy: StallingProxy) -> None:
            await ask(engine, "row")
            proxy.stall()
            now = time.time()
            monkeypatch.setattr(time, "time", lambda: now + ago_s)
            engine._settings = settings
            await ask(engine, "row")

        with stalling_proxy(port) as proxy:
            url = settings.database_url.replace(f":{port}/", f":{proxy.port}/")
            asyncio.run(ask_after(AsyncEngine(replace(settings, database_url=url, pool_size=1)), proxy))
        assert database.execute("select count(*) from public.thing").fetchone() == (2,)

    def test_one_just_used_is_used_again(self, run: Run[Any]) -> None:
        async def ask_twice(engine: AsyncEngine) -> set[int]:
            return {await pid(engine) for _ in range(2)}

        assert len(run(ask_twice)) == 1


async def ask(engine: AsyncEngine, how: str) -> None:
    """Insert one row, in one of the three ways."""
    insert = text("insert into public.thing values (:amount) returning 1")
    if how == "row":
        await engine.row(insert, {"amount": 1})
    else:
        async with getattr(engine, how)() as connection:
            await connection.execute(insert, {"amount": 1})
