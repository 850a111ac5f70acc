"""The Lambda handler, given events as API Gateway (HTTP API, payload format 2.0) sends them."""

import asyncio
import base64
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.users.people import PASSWORD, photo

pytestmark = pytest.mark.slow

Call = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def handler(settings: Any, module_databases: Any) -> Iterator[Callable[[dict[str, Any], Any], dict[str, Any]]]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "DATABASE_URL": settings.database_url,
            "GATEWAY_URL": settings.gateway_url,
            "ISSUER": settings.issuer,
            "MASTER_KEY_FILE": str(settings.master_key_file),
            "HASH_MEMORY_KIB": "64",
            "HASH_ROUNDS": "1",
            "POOL_SIZE": "1",
            "PREPARED_STATEMENTS": "false",
        }.items():
            patch.setenv(f"TIDEMARK_{name}", value)
        module = importlib.import_module("api.users.handler")
    yield module.handler
    loop.run_until_complete(module.handler.app.state.engine.dispose())
    loop.close()
    asyncio.set_event_loop(None)
    del sys.modules["api.users.handler"]


@pytest.fixture
def call(handler: Callable[[dict[str, Any], Any], dict[str, Any]]) -> Call:
    def call(
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        content_type: str = "application/json",
        source: str = "192.0.2.1",
        **headers: str,
    ) -> dict[str, Any]:
        is_binary = isinstance(body, bytes)
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"host": "api.example.com", "content-type": content_type, **headers}
            | ({"authorization": f"Bearer {token}"} if token else {}),
            "requestContext": {
                "http": {
                    "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": source, "userAgent": "x",
                },
                "stage": "$default",
            },
            "isBase64Encoded": is_binary,
        }  # fmt: skip
        if body is not None:
            event["body"] = base64.b64encode(body).decode() if is_binary else json.dumps(body)
        return handler(event, None)

    return call


def read(answer: dict[str, Any]) -> Any:
    assert answer["isBase64Encoded"] is False
    return json.loads(answer["body"])


class TestHandler:
    def test_a_person_signs_up_sends_a_photo_and_is_reviewed(
        self, call: Call, database: psycopg.Connection
    ) -> None:
        email = f"{uuid4().hex}@example.com"
        body = {"name": "Ada Marsh", "email": email, "phone": "+12025550123", "password": PASSWORD}
        created = call("POST", "/user/create", body)
        assert created["statusCode"] == 201
        user_id = read(created)["user_id"]
        login = call("POST", "/user/login", {"email": email, "password": PASSWORD})
        assert login["statusCode"] == 200
        token = read(login)["access_token"]
        assert read(call("GET", "/user/me", token=token))["email"] == email

        form = (
            b"--frontier\r\nContent-Disposition: form-data; name=photo; filename=id.jpg\r\n"
            b"Content-Type: image/jpeg\r\n\r\n" + photo(size=(900, 600)) + b"\r\n--frontier--\r\n"
        )
        sent = call("PUT", "/user/photo", form, token=token, content_type="multipart/form-data; boundary=frontier")
        assert (sent["statusCode"], read(sent)["photo_status"]) == (200, "pending")

        staff_email = f"{uuid4().hex}@example.com"
        staff_id = read(call("POST", "/user/create", body | {"email": staff_email}))["user_id"]
        database.execute("update users.user set roles = '{staff}' where id = %s", (staff_id,))
        staff = read(call("POST", "/user/login", {"email": staff_email, "password": PASSWORD}))["access_token"]
        shown = call("GET", f"/user/review/{user_id}/photo", token=staff)
        assert (shown["statusCode"], shown["isBase64Encoded"]) == (200, True)
        assert shown["headers"]["content-type"] == "image/jpeg"
        assert base64.b64decode(shown["body"]).startswith(b"\xff\xd8\xff")
        decided = call("POST", f"/user/review/{user_id}", {"decision": "approve"}, token=staff)
        assert (decided["statusCode"], read(decided)["approved"]) == (200, True)

        refreshed = call("POST", "/user/refresh", token=token)
        assert refreshed["statusCode"] == 200
        assert call("POST", "/user/logout", token=token)["statusCode"] == 204
        refused = call("GET", "/user/me", token=read(refreshed)["access_token"])
        assert refused["statusCode"] == 401
        assert refused["headers"]["content-type"] == "application/problem+json"
        assert read(refused)["code"] == "unauthenticated"

    def test_the_gateways_source_address_counts(self, call: Call, database: psycopg.Connection) -> None:
        def buckets() -> set[bytes]:
            return {row[0] for row in database.execute("select bucket from users.throttle")}

        database.execute("truncate users.throttle")
        body = {"email": "lambda@example.com", "password": "wrong" * 3}
        call("POST", "/user/login", body, source="198.51.100.1")
        expected = buckets()
        call("POST", "/user/login", body, source="198.51.100.1", **{"x-forwarded-for": "1.1.1.1"})
        assert buckets() == expected
        call("POST", "/user/login", body, source="198.51.100.2")
        assert buckets() > expected

    def test_docs_keys_and_health(self, call: Call) -> None:
        for path in ("/user/health", "/user/docs", "/user/docs/openapi.json", "/.well-known/jwks.json"):
            answer = call("GET", path)
            assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False), path

    def test_a_schedule_finishes_deletions_that_were_cut_off(
        self, call: Call, handler: Callable[[dict[str, Any], Any], dict[str, Any]], database: psycopg.Connection
    ) -> None:
        email = f"{uuid4().hex}@example.com"
        body = {"name": "Ada Marsh", "email": email, "phone": "+12025550123", "password": PASSWORD}
        user_id = read(call("POST", "/user/create", body))["user_id"]
        leave = "update users.user set leaving_at = now() - interval '3 minutes' where id = %s"
        database.execute(leave, (user_id,))
        assert handler({"task": "finish_deletions"}, None) == {"is_done": True}
        found = database.execute("select deleted_at is not null from users.user where id = %s", (user_id,))
        assert found.fetchone() == (True,)

    def test_a_schedule_forgets_what_has_ended_and_nothing_else(
        self, call: Call, handler: Callable[[dict[str, Any], Any], dict[str, Any]], database: psycopg.Connection
    ) -> None:
        email = f"{uuid4().hex}@example.com"
        body = {"name": "Ada Marsh", "email": email, "phone": "+12025550123", "password": PASSWORD}
        user_id = read(call("POST", "/user/create", body))["user_id"]
        for _ in range(3):
            call("POST", "/user/login", {"email": email, "password": PASSWORD})
        ids = database.execute(
            "select id from users.session where user_id = %s order by id", (user_id,)
        ).fetchall()
        for (session_id,), column in zip(ids, ("expires_at", "idle_expires_at"), strict=False):
            database.execute(f"update users.session set {column} = now() where id = %s", (session_id,))
        for name, age in (("old", "91 days"), ("young", "89 days")):
            database.execute(
                "insert into users.known_source (user_id, source, last_at) values (%s, %s, now() - %s::interval)",
                (user_id, name.encode(), age),
            )
        for name, age in (("old", "2 days 1 second"), ("young", "47 hours")):
            database.execute(
                "insert into users.throttle (bucket, failures, blocked_until, last_at) "
                "values (%s, 1, now(), now() - %s::interval)",
                (name.encode(), age),
            )

        assert handler({"task": "forget_ended"}, None) == {"is_done": True}

        left = database.execute("select id from users.session where user_id = %s", (user_id,)).fetchall()
        assert left == ids[2:]
        sources = "select source from users.known_source where source in ('old', 'young')"
        assert database.execute(sources).fetchall() == [(b"young",)]
        counters = "select bucket from users.throttle where bucket in ('old', 'young')"
        assert database.execute(counters).fetchall() == [(b"young",)]

    def test_an_administrator_adds_a_member_of_staff(
        self,
        call: Call,
        handler: Callable[[dict[str, Any], Any], dict[str, Any]],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        email = f"{uuid4().hex}@example.com"
        arguments = {"email": email, "name": "Rita Review", "role": "staff", "password": None}
        with caplog.at_level(0):
            password = handler({"command": "add_staff", "arguments": arguments}, None)["result"]
        login = call("POST", "/user/login", {"email": email, "password": password})
        assert login["statusCode"] == 200
        assert "staff" in read(call("GET", "/user/me", token=read(login)["access_token"]))["roles"]
        assert password not in caplog.text
        assert email not in caplog.text
        # Somebody who is there gets the role alone.
        again = handler({"command": "add_staff", "arguments": arguments | {"role": "analyst"}}, None)
        assert again == {"result": None}

    @pytest.mark.parametrize(
        ("wrong", "field"), [({"role": "king"}, "role"), ({"email": "nobody"}, "email"), ({"name": ""}, "name")]
    )
    def test_what_makes_no_member_of_staff_is_told(
        self, handler: Callable[[dict[str, Any], Any], dict[str, Any]], wrong: dict[str, str], field: str
    ) -> None:
        arguments = {"email": f"{uuid4().hex}@example.com", "name": "Rita", "role": "staff", "password": None}
        answer = handler({"command": "add_staff", "arguments": arguments | wrong}, None)
        assert answer["error"]["errors"][0]["field"] == field

    def test_odd_paths_open_nothing(self, call: Call) -> None:
        for path in (
            "/User/me", "/user//me", "/user/me/", "/user/me/.", "/user/health/../me", "/user/docs/../me",
            "/user%2Fme", "/user/me%00", "/user/me;/health", "//user/me", "/.well-known/../user/me",
            "/user/me/user/health", "/user/login/../me",
        ):  # fmt: skip
            answer = call("GET", path)
            assert answer["statusCode"] in (401, 404), path
