"""Signing in and out, and what becomes of tokens."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import jwt
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.users.conftest import Sign
from tests.users.people import PASSWORD, Person, code


def age(database: psycopg.Connection, person: Person, **columns: str) -> None:
    """Moves times of the person's session into the past."""
    for column, interval in columns.items():
        database.execute(
            f"update users.session set {column} = {column} - interval '{interval}' where user_id = %s",
            (person.user_id,),
        )


@pytest.fixture
def work(client: TestClient[Litestar], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What takes the service time, in order: statements, commits and rollbacks, hashing."""
    done: list[str] = []
    state = client.app.state
    hasher = state.services.sessions._hasher
    verify = hasher._verify

    def count_and_verify(encoded: str, password: str) -> bool:
        done.append(f"hash {encoded.split('$')[3]}")
        return verify(encoded, password)

    monkeypatch.setattr(hasher, "_verify", count_and_verify)
    execute, leave = psycopg.AsyncCursor.execute, psycopg.AsyncTransaction.__aexit__

    async def note_and_execute(cursor: Any, statement: bytes, *rest: Any) -> Any:
        done.append(statement.decode())
        return await execute(cursor, statement, *rest)

    async def note_and_leave(transaction: Any, error: Any, *rest: Any) -> Any:
        done.append("rollback" if error else "commit")
        return await leave(transaction, error, *rest)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", note_and_execute)
    monkeypatch.setattr(psycopg.AsyncTransaction, "__aexit__", note_and_leave)
    return done


class TestLogin:
    def test_gives_a_token_as_rfc_9068_wants_it(self, client: TestClient[Litestar], person: Person) -> None:
        answer = client.post("/user/login", json={"email": person.email.upper(), "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert (body["token_type"], body["expires_in"], len(body)) == ("Bearer", 900, 3)
        header = jwt.get_unverified_header(body["access_token"])
        assert (header["typ"], header["alg"]) == ("at+jwt", "RS256")
        claims = jwt.decode(body["access_token"], options={"verify_signature": False})
        assert (claims["iss"], claims["aud"], claims["sub"], claims["scope"]) == (
            "http://bank.test",
            "tidemark",
            person.user_id,
            "bank",
        )
        assert claims["exp"] - claims["iat"] == 900
        assert abs(claims["iat"] - time.time()) < 5
        assert set(claims) == {"iss", "aud", "sub", "sid", "scope", "iat", "exp", "jti"}

    def test_unknown_wrong_and_throttled_look_the_same(
        self, client: TestClient[Litestar], person: Person, database: psycopg.Connection
    ) -> None:
        # Where they signed in before, so few failures would not throttle them.
        database.execute("delete from users.known_source")

        def attempt(email: str, password: str) -> tuple[int, str, dict[str, Any]]:
            answer = client.post("/user/login", json={"email": email, "password": password})
            headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
            return answer.status_code, answer.text, headers

        unknown = attempt("nobody@example.com", PASSWORD)
        assert unknown[0] == 401
        assert attempt("not an email", PASSWORD) == unknown
        wrong = [attempt(person.email, "wrong" * 3) for _ in range(8)]
        assert wrong == [unknown] * 8
        assert attempt(person.email, PASSWORD) == unknown

    def test_unknown_wrong_and_throttled_cost_the_same_work(
        self, client: TestClient[Litestar], person: Person, work: list[str], database: psycopg.Connection
    ) -> None:
        database.execute("delete from users.known_source")

        def work_of(email: str, password: str) -> list[str]:
            work.clear()
            client.post("/user/login", json={"email": email, "password": password})
            return work.copy()

        unknown = work_of("nobody@example.com", PASSWORD)
        # Parameters decide the time: those of the hash checked for nobody are those of a real one.
        assert [step for step in unknown if step.startswith("hash")] == ["hash m=64,t=1,p=1"]
        assert unknown.count("commit") == 1
        assert [work_of(person.email, "wrong" * 3) for _ in range(8)] == [unknown] * 8
        assert work_of(person.email, PASSWORD) == unknown
        assert work_of("not an email", PASSWORD) == unknown

    def test_a_password_changed_while_it_is_checked_opens_nothing(
        self, client: TestClient[Litestar], person: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Or who knows the old password would keep a session that the change was to end."""
        hasher = client.app.state.services.sessions._hasher
        change = {"current_password": PASSWORD, "new_password": "another battery staple"}

        async def match_late(encoded: str | None, password: str) -> bool:
            monkeypatch.undo()
            assert (await asyncio.to_thread(person.call, "PUT", "/user/update", json=change)).status_code == 200
            return await hasher.matches(encoded, password)

        monkeypatch.setattr(hasher, "matches", match_late)
        answer = client.post("/user/login", json={"email": person.email, "password": PASSWORD})
        assert code(answer) == (401, "unauthenticated")
        assert len(person.call("GET", "/user/session").json()["items"]) == 1

    def test_a_hash_of_other_parameters_is_renewed(
        self, client: TestClient[Litestar], person: Person, database: psycopg.Connection
    ) -> None:
        from argon2 import PasswordHasher

        old = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1).hash(PASSWORD)
        database.execute("update users.user set password_hash = %s where id = %s", (old, person.user_id))
        person.sign_in()
        row = database.execute("select password_hash from users.user where id = %s", (person.user_id,)).fetchone()
        assert row is not None
        assert "$m=64,t=1,p=1$" in row[0]
        assert person.sign_in().token

    @pytest.mark.parametrize("field", ["email", "password"])
    def test_refuses_what_would_only_cost_time(
        self, client: TestClient[Litestar], person: Person, work: list[str], field: str
    ) -> None:
        """One character of these becomes eighteen when it is normalised."""
        sent = {"email": person.email, "password": PASSWORD} | {field: "\ufdfa" * 1001}
        assert code(client.post("/user/login", json=sent)) == (400, "invalid_request")
        assert work == []

    def test_a_user_without_a_password_cannot_sign_in(
        self, client: TestClient[Litestar], person: Person, database: psycopg.Connection
    ) -> None:
        database.execute("update users.user set password_hash = null where id = %s", (person.user_id,))
        answer = client.post("/user/login", json={"email": person.email, "password": ""})
        assert code(answer) == (401, "unauthenticated")


class TestLogout:
    def test_acts_at_once_on_every_instance(
        self, person: Person, make_client: Callable[[], TestClient[Litestar]]
    ) -> None:
        elsewhere = Person(make_client(), token=person.token)
        assert elsewhere.call("GET", "/user/me").status_code == 200
        answer = person.call("POST", "/user/logout")
        assert (answer.status_code, answer.content) == (204, b"")
        for who in (elsewhere, person):
            assert code(who.call("GET", "/user/me")) == (401, "unauthenticated")
            assert code(who.call("POST", "/user/refresh")) == (401, "unauthenticated")
            assert code(who.call("POST", "/user/logout")) == (401, "unauthenticated")

    def test_leaves_other_sessions_alone(self, person: Person) -> None:
        other = person.again()
        person.call("POST", "/user/logout")
        assert other.call("GET", "/user/me").status_code == 200

    def test_a_failed_commit_is_no_logout(self, person: Person, database: psycopg.Connection) -> None:
        database.execute(
            """
            create function public.lose_connection() returns trigger language plpgsql security definer as
            $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
            create constraint trigger lose after delete on users.session
            deferrable initially deferred for each row execute function public.lose_connection();
            """
        )
        try:
            assert code(person.call("POST", "/user/logout")) == (503, "unavailable")
        finally:
            database.execute("drop trigger lose on users.session; drop function public.lose_connection()")
        assert person.call("GET", "/user/me").status_code == 200


class TestSessionLife:
    def test_ends_after_twelve_hours(self, person: Person, database: psycopg.Connection) -> None:
        age(database, person, expires_at="11 hours 59 minutes")
        refreshed = person.call("POST", "/user/refresh")
        assert refreshed.status_code == 200
        assert refreshed.json()["expires_in"] <= 60
        age(database, person, expires_at="1 minute")
        assert code(person.call("GET", "/user/me")) == (401, "unauthenticated")
        assert code(person.call("POST", "/user/refresh")) == (401, "unauthenticated")

    def test_ends_when_not_refreshed_for_thirty_minutes(
        self, person: Person, database: psycopg.Connection
    ) -> None:
        age(database, person, idle_expires_at="29 minutes")
        assert person.call("POST", "/user/refresh").status_code == 200
        age(database, person, idle_expires_at="29 minutes")
        assert person.call("GET", "/user/me").status_code == 200
        age(database, person, idle_expires_at="1 minute")
        assert code(person.call("GET", "/user/me")) == (401, "unauthenticated")

    def test_is_refused_while_the_database_cannot_be_asked(
        self, person: Person, database: psycopg.Connection
    ) -> None:
        database.execute("revoke select on users.live_session from users_app")
        try:
            assert code(person.call("GET", "/user/me")) == (503, "unavailable")
        finally:
            database.execute("grant select on users.live_session to users_app")
        assert person.call("GET", "/user/me").status_code == 200


class TestRefresh:
    def test_gives_a_token_for_the_same_session(self, person: Person) -> None:
        answer = person.call("POST", "/user/refresh")
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 900)
        assert answer.headers["cache-control"] == "no-store"
        before, after = (
            jwt.decode(token, options={"verify_signature": False})
            for token in (person.token, answer.json()["access_token"])
        )
        assert (after["sid"], after["sub"]) == (before["sid"], before["sub"])
        assert after["jti"] != before["jti"]
        person.token = answer.json()["access_token"]
        assert person.call("GET", "/user/me").status_code == 200

    def test_alone_takes_a_token_expired_by_up_to_fifteen_minutes(self, person: Person, sign: Sign) -> None:
        now = int(time.time())
        person.token = sign(person.token, iat=now - 1780, exp=now - 880)
        for method, path in (("GET", "/user/me"), ("POST", "/user/logout"), ("GET", "/user/session")):
            assert code(person.call(method, path)) == (401, "unauthenticated")
        assert person.call("POST", "/user/refresh").status_code == 200
        person.token = sign(person.token, iat=now - 1801, exp=now - 901)
        assert code(person.call("POST", "/user/refresh")) == (401, "unauthenticated")

    def test_is_not_for_programs(self, person: Person) -> None:
        created = person.call("POST", "/user/token", json={"name": "report"}).json()
        person.token = created["access_token"]
        assert code(person.call("POST", "/user/refresh")) == (403, "forbidden")


class TestListSessions:
    def test_shows_ones_own_newest_first(self, person: Person) -> None:
        other = person.again()
        person.call("POST", "/user/token", json={"name": "not a session"})
        items = other.call("GET", "/user/session").json()["items"]
        assert [item["current"] for item in items] == [True, False]
        assert set(items[0]) == {"session_id", "created_at", "last_seen_at", "expires_at", "current"}
        assert Person(person.client).sign_up().call("GET", "/user/session").json()["items"] != items

    def test_pages(self, person: Person) -> None:
        sessions = [person.again() for _ in range(4)]
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
            page = sessions[0].call("GET", f"/user/session{query}").json()
            seen += [item["session_id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert len(seen) == len(set(seen)) == 5
        assert code(person.call("GET", "/user/session?cursor=nonsense")) == (409, "invalid_cursor")
        assert code(person.call("GET", "/user/session?limit=0")) == (400, "invalid_request")


class TestEndSession:
    def test_ends_one_of_ones_own(self, person: Person) -> None:
        other = person.again()
        items = person.call("GET", "/user/session").json()["items"]
        (session_id,) = (item["session_id"] for item in items if not item["current"])
        assert person.call("DELETE", f"/user/session/{session_id}").status_code == 204
        assert code(other.call("GET", "/user/me")) == (401, "unauthenticated")
        assert code(person.call("DELETE", f"/user/session/{session_id}")) == (404, "not_found")

    def test_not_another_users(self, person: Person) -> None:
        stranger = Person(person.client).sign_up()
        (item,) = stranger.call("GET", "/user/session").json()["items"]
        assert code(person.call("DELETE", f"/user/session/{item['session_id']}")) == (404, "not_found")
        assert stranger.call("GET", "/user/me").status_code == 200
