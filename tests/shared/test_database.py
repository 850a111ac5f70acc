"""One request, one transaction, committed before the answer."""

from typing import Any

import psycopg
from litestar import Litestar
from litestar.testing import TestClient

from tests.shared.answers import problem


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
