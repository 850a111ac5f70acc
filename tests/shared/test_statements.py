"""Statements past SQLAlchemy: what their connections survive, and what callers are told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import psycopg
import pytest
from sqlalchemy import text

from api.shared import statements
from api.shared.errors import Unavailable
from api.shared.settings import ServiceSettings
from api.shared.statements import Statements

T = TypeVar("T")
Run = Callable[[Callable[[Statements], Awaitable[T]]], T]
PID = text("select pg_backend_pid()")
SLEEP = text("select pg_sleep(:seconds)")
OURS = "from pg_stat_activity where datname = current_database() and application_name = 'tidemark'"
BEGUN = f"select count(*) {OURS} and query like 'select pg_sleep%' and state = 'active'"
END = f"select pg_terminate_backend(pid, 5000) {OURS}"


@pytest.fixture
def run(settings: ServiceSettings) -> Run[Any]:
    """Runs a coroutine on one connection."""

    async def main(what: Callable[[Statements], Awaitable[Any]]) -> Any:
        statements = Statements(replace(settings, pool_size=1))
        try:
            return await what(statements)
        finally:
            await statements.close()

    return lambda what: asyncio.run(main(what))


async def pid(statements: Statements) -> int:
    row = await statements.row(PID, {})
    assert row is not None
    return row[0]


async def sleeping(statements: Statements, database: psycopg.Connection) -> asyncio.Task[Any]:
    """A statement that takes long and has begun."""
    task = asyncio.create_task(statements.row(SLEEP, {"seconds": 15}))
    while database.execute(BEGUN).fetchone() != (1,):
        await asyncio.sleep(0.01)
    return task


async def cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class TestRow:
    def test_gives_the_first_row_or_none(self, run: Run[Any]) -> None:
        async def both(statements: Statements) -> list[Any]:
            statement = text("select n, 'b' || :b from generate_series(1, cast(:n as bigint)) as n")
            return [await statements.row(statement, {"n": n, "b": "x"}) for n in (2, 0)]

        assert run(both) == [(1, "bx"), None]

    def test_is_a_transaction_of_its_own(self, run: Run[Any], database: psycopg.Connection) -> None:
        database.execute("delete from public.thing")

        async def insert_and_fail(statements: Statements) -> list[int]:
            first = await pid(statements)
            await statements.row(text("insert into public.thing values (1) returning 1"), {})
            with pytest.raises(psycopg.errors.DivisionByZero):
                await statements.row(text("insert into public.thing values (1 / 0) returning 1"), {})
            return [first, await pid(statements)]

        first, second = run(insert_and_fail)
        assert first == second
        assert database.execute("select count(*) from public.thing").fetchone() == (1,)


class TestConnections:
    def test_a_cancelled_call_ends_its_statement_and_leaves_a_connection_that_works(
        self, run: Run[Any], database: psycopg.Connection
    ) -> None:
        async def cancel_one(statements: Statements) -> list[int]:
            first = await pid(statements)
            await cancel(await sleeping(statements, database))
            return [first, await pid(statements)]

        first, second = run(cancel_one)
        assert first == second
        assert database.execute(BEGUN).fetchone() == (0,)

    def test_cancelled_while_waiting_for_one(self, run: Run[Any], database: psycopg.Connection) -> None:
        async def cancel_both(statements: Statements) -> int:
            task = await sleeping(statements, database)
            waiting = asyncio.create_task(pid(statements))
            await asyncio.sleep(0)
            await cancel(waiting)
            await cancel(task)
            return await pid(statements)

        assert run(cancel_both) > 0

    def test_none_is_free_in_time(
        self, run: Run[Any], database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def ask_while_another_holds_it(statements: Statements) -> int:
            task = await sleeping(statements, database)
            with pytest.raises(Unavailable):
                await pid(statements)
            await cancel(task)
            return await pid(statements)

        monkeypatch.setattr(statements, "PATIENCE_S", 0.05)
        assert run(ask_while_another_holds_it) > 0

    def test_the_server_ends_them(self, run: Run[Any], database: psycopg.Connection) -> None:
        async def ask_after(statements: Statements) -> list[int]:
            first = await pid(statements)
            database.execute(END)
            with pytest.raises(Unavailable):
                await pid(statements)
            second = await pid(statements)
            task = await sleeping(statements, database)
            database.execute(END)
            with pytest.raises(Unavailable):
                await task
            return [first, second, await pid(statements)]

        assert len(set(run(ask_after))) == 3

    def test_all_idle_ones_go_when_one_has_been_ended(
        self, settings: ServiceSettings, database: psycopg.Connection
    ) -> None:
        async def ask_after() -> None:
            statements = Statements(replace(settings, pool_size=3))
            await asyncio.gather(*(statements.row(SLEEP, {"seconds": 0.05}) for _ in range(3)))
            database.execute(END)
            with pytest.raises(Unavailable):
                await pid(statements)
            for _ in range(3):
                await pid(statements)
            await statements.close()

        asyncio.run(ask_after())

    def test_there_is_no_server(self, settings: ServiceSettings) -> None:
        nowhere = Statements(replace(settings, database_url="postgresql://nobody@127.0.0.1:1/x", pool_size=1))
        for _ in range(2):
            with pytest.raises(Unavailable):
                asyncio.run(nowhere.row(PID, {}))
