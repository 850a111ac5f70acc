"""Tokens for programs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import jwt
import psycopg
import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from api.shared.app import make_app
from api.shared.auth import PEOPLE_AND_PROGRAMS
from api.users.settings import UsersSettings
from tests.users.conftest import EndWhileWaiting
from tests.users.people import Person, code


@get("/stats/daily", opt={"scopes": PEOPLE_AND_PROGRAMS}, sync_to_thread=False)
def statistics() -> dict[str, str]:
    return {}


@get("/stats/other", sync_to_thread=False)
def people_only() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def stats(client: TestClient[Litestar], settings: UsersSettings) -> Iterator[TestClient[Litestar]]:
    """A service that lets programs in, with the users service's keys."""

    async def keys() -> dict[str, Any]:
        return client.get("/.well-known/jwks.json").json()

    app = make_app(
        name="stats",
        path="stats",
        settings=settings,
        controllers=[statistics, people_only],
        key_source=keys,
    )
    with TestClient(app, raise_server_exceptions=False) as stats:
        yield stats


@pytest.fixture
def created(person: Person) -> dict[str, str]:
    answer = person.call("POST", "/user/token", json={"name": "nightly report", "expires_in_days": 30})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


class TestCreateToken:
    def test_is_a_token_of_narrow_scope_and_long_life(self, person: Person, created: dict[str, str]) -> None:
        assert set(created) == {
            "token_id", "name", "scope", "created_at", "expires_at", "last_used_at", "access_token", "token_type",
        }  # fmt: skip
        claims = jwt.decode(created["access_token"], options={"verify_signature": False})
        assert (claims["scope"], claims["sub"], claims["sid"]) == (
            "stats:read",
            person.user_id,
            created["token_id"],
        )
        expires_at = datetime.fromisoformat(created["expires_at"])
        assert claims["exp"] == expires_at.timestamp()
        life = expires_at - datetime.fromisoformat(created["created_at"])
        assert timedelta(days=30, seconds=-1) <= life <= timedelta(days=30)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"name": ""},
            {"name": "x" * 101},
            {"name": "x", "expires_in_days": 0},
            {"name": "x", "expires_in_days": 366},
            {"name": "x", "expires_in_days": "30"},
            {"name": "x", "expires_in_days": 1.5},
            {"name": "x", "expires_in_days": True},
            {"name": "x", "scope": "bank"},
        ],
    )
    def test_refuses(self, person: Person, body: dict[str, object]) -> None:
        assert code(person.call("POST", "/user/token", json=body)) == (400, "invalid_request")

    def test_there_is_a_limit(self, person: Person, database: psycopg.Connection) -> None:
        database.execute(
            "insert into users.session (user_id, scope, label, signing_key_id, idle_expires_at, expires_at)"
            " select %s, 'stats:read', 'x', 'x', now() + interval '1 day', now() + interval '1 day'"
            " from generate_series(1, 50)",
            (person.user_id,),
        )
        answer = person.call("POST", "/user/token", json={"name": "one more"})
        assert code(answer) == (409, "too_many_tokens")

    def test_who_was_signed_out_meanwhile_gets_none(
        self, person: Person, database: psycopg.Connection, end_while_waiting: EndWhileWaiting
    ) -> None:
        """Or a token that was asked for just before would outlive staff's sign-out and a new password."""
        answer = end_while_waiting(person, lambda: person.call("POST", "/user/token", json={"name": "reader"}))
        assert code(answer) == (401, "unauthenticated")
        assert database.execute(
            "select count(*) from users.session where user_id = %s", (person.user_id,)
        ).fetchone() == (0,)


class TestUse:
    def test_opens_statistics_and_nothing_else(
        self, client: TestClient[Litestar], stats: TestClient[Litestar], created: dict[str, str]
    ) -> None:
        program = Person(stats, token=created["access_token"])
        assert program.call("GET", "/stats/daily").status_code == 200
        assert code(program.call("GET", "/stats/other")) == (403, "forbidden")
        program.client = client
        document = client.get("/user/docs/openapi.json").json()
        walked = 0
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if operation.get("security") == [{}]:
                    continue
                filled = (
                    path.replace("{user_id}", created["token_id"])
                    .replace("{session_id}", created["token_id"])
                    .replace("{token_id}", created["token_id"])
                )
                assert code(program.call(method.upper(), filled)) == (403, "forbidden"), (method, path)
                walked += 1
        assert walked == 20

    def test_is_noted_to_the_minute(
        self,
        person: Person,
        stats: TestClient[Litestar],
        created: dict[str, str],
        database: psycopg.Connection,
    ) -> None:
        def last_used() -> str | None:
            (item,) = person.call("GET", "/user/token").json()["items"]
            return item["last_used_at"]

        program = Person(stats, token=created["access_token"])
        assert last_used() is None
        program.call("GET", "/stats/daily")
        first = last_used()
        assert first is not None
        program.call("GET", "/stats/daily")
        assert last_used() == first
        database.execute("update users.session set last_seen_at = last_seen_at - interval '2 minutes'")
        program.call("GET", "/stats/daily")
        later = last_used()
        assert later is not None
        assert later > first


class TestListTokens:
    def test_shows_ones_own_without_the_token(self, person: Person, created: dict[str, str]) -> None:
        page = person.call("GET", "/user/token").json()
        shown = {name: created[name] for name in created if name not in ("access_token", "token_type")}
        assert page == {"items": [shown], "next_cursor": None}
        assert Person(person.client).sign_up().call("GET", "/user/token").json()["items"] == []


class TestRevokeToken:
    def test_acts_at_once(self, person: Person, stats: TestClient[Litestar], created: dict[str, str]) -> None:
        program = Person(stats, token=created["access_token"])
        stranger = Person(person.client).sign_up()
        path = f"/user/token/{created['token_id']}"
        assert code(stranger.call("DELETE", path)) == (404, "not_found")
        assert program.call("GET", "/stats/daily").status_code == 200
        assert person.call("DELETE", path).status_code == 204
        assert code(program.call("GET", "/stats/daily")) == (401, "unauthenticated")
        assert code(person.call("DELETE", path)) == (404, "not_found")
        assert person.call("GET", "/user/me").status_code == 200

    def test_a_session_is_no_token(self, person: Person) -> None:
        (item,) = person.call("GET", "/user/session").json()["items"]
        assert code(person.call("DELETE", f"/user/token/{item['session_id']}")) == (404, "not_found")
