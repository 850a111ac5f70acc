"""What every service answers: strict bodies, problems, pages, health, docs; and what it logs."""

import contextlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.shared.app import make_app
from api.shared.request_log import JsonFormatter
from api.shared.settings import ServiceSettings
from tests.shared.conftest import SENT, open_thing, write


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["type"] == f"urn:tidemark:error:{document['code']}"
    assert document["status"] == answer.status_code
    assert document["title"]
    assert document["detail"]
    return answer.status_code, document["code"]


Log = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log(client: TestClient[Litestar], capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    """Reads what a service writes to its log during this test, the lines of requests last."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in (written.getvalue() + capsys.readouterr().out).splitlines()]
    logging.getLogger().removeHandler(handler)


class TestStrictJson:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"amount"',
            b'{"amount":1}x',
            b'{"amount":"1"}',
            b'{"amount":1.0}',
            b'{"amount":1.5}',
            b'{"amount":1e2}',
            b'{"amount":true}',
            b'{"amount":null}',
            b'{"amount":NaN}',
            b'{"amount":Infinity}',
            b'{"amount":1,"flag":1}',
            b'{"amount":1,"flag":"true"}',
            b'{"amount":1,"more":1}',
            b'{"Amount":1}',
            b'{"amount":1,"amount":1}',
            b'{"amount":1,"\\u0061mount":2}',
            b'{"amount":1,"inner":{"text":"a","text":"b"}}',
            b'{"amount":1,"inner":{"text":"a\\u0000"}}',
            b'{"amount":1,"inner":{"text":"\xff"}}',
            b'{"amount":1,"inner":{"text":"\\ud800"}}',
            b"[" * 5000,
            b'{"amount":1,"inner":' + b'{"inner":' * 3000,
        ],
        ids=lambda body: repr(body[:40]),
    )
    def test_refuses(self, client: TestClient[Litestar], body: bytes) -> None:
        answer = client.post("/thing/open", content=body, headers={"Content-Type": "application/json"})
        assert problem(answer) == (400, "invalid_request")

    @pytest.mark.parametrize(
        "content_type",
        [
            "",
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/json; charset=latin-1",
            "application/jsonx",
            "json",
            ";",
        ],
    )
    def test_other_content_types_are_refused(self, client: TestClient[Litestar], content_type: str) -> None:
        answer = client.post("/thing/open", content=b'{"amount":1}', headers={"Content-Type": content_type})
        assert problem(answer) == (415, "unsupported_media_type")

    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "Application/JSON",
            "application/json; charset=UTF-8",
            'application/json;charset="utf-8"',
        ],
    )
    def test_json_in_utf8_is_taken(self, client: TestClient[Litestar], content_type: str) -> None:
        answer = client.post("/thing/open", content=b'{"amount":1}', headers={"Content-Type": content_type})
        assert answer.status_code == 201

    def test_a_missing_body_is_said_in_words(self, client: TestClient[Litestar]) -> None:
        answer = client.post("/thing/open")
        assert problem(answer) == (400, "invalid_request")
        assert answer.json()["errors"] == [
            {"field": "", "message": "This call takes a JSON object as its body; it is missing."}
        ]

    def test_never_repeats_what_was_sent(self, client: TestClient[Litestar]) -> None:
        answer = client.post("/thing/open", json={"amount": "a secret value"})
        assert "secret" not in answer.text
        assert answer.json()["errors"] == [{"field": "amount", "message": "Expected `int`, got `str`"}]

    def test_takes_what_is_right(self, client: TestClient[Litestar]) -> None:
        body = {"amount": 10**12, "flag": True, "inner": {"text": "ä\u2028"}}
        answer = client.post("/thing/open", json=body)
        assert (answer.status_code, answer.json()) == (201, body)

    def test_bodies_are_bounded(self, client: TestClient[Litestar]) -> None:
        assert problem(client.post("/thing/open", content=b" " * 200_000)) == (413, "payload_too_large")


class TestProblems:
    def test_a_crash_tells_nothing(self, client: TestClient[Litestar], log: Log) -> None:
        answer = client.get("/thing/break")
        assert problem(answer) == (500, "internal_error")
        assert SENT not in answer.text
        error, _ = log()
        assert (error["level"], error["message"], error["status"]) == ("ERROR", "RuntimeError", 500)
        assert "in break_it" in error["at"]
        assert SENT not in json.dumps(error)

    def test_unknown_paths_and_methods(self, client: TestClient[Litestar]) -> None:
        answer = client.get("/nowhere")
        assert problem(answer) == (404, "not_found")
        assert answer.json()["detail"] == "There is nothing at this address."
        answer = client.put("/thing/open")
        assert problem(answer) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "OPTIONS, POST"
        for method in ("POST", "QUERY", "TRACE", "FANCY"):
            answer = client.request(method, "/thing/me")
            assert problem(answer) == (405, "method_not_allowed")
            assert answer.headers["allow"] == "GET, HEAD, OPTIONS"

    def test_a_database_out_of_reach(self, settings: ServiceSettings) -> None:
        app = make_app(
            name="things",
            path="thing",
            settings=replace(settings, database_url="postgresql://nobody:secret@127.0.0.1:1/none"),
            controllers=[open_thing, write],
        )
        with TestClient(app, raise_server_exceptions=False) as client:
            for answer in (client.get("/thing/health"), client.post("/thing/write", json={"amount": 1})):
                assert problem(answer) == (503, "unavailable")
                assert answer.headers["retry-after"] == "1"
                assert "secret" not in answer.text
            assert client.post("/thing/open", json={"amount": 1}).status_code == 201


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


class TestPages:
    def test_a_cursor_leads_on(self, client: TestClient[Litestar]) -> None:
        first = client.get("/thing/page").json()
        second = client.get("/thing/page", params={"cursor": first["next_cursor"]}).json()
        assert (first["items"], second["items"]) == ([0, 1], [2, 3])

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=x",
            "limit=1.5",
            "cursor=!",
            "cursor=",
            "cursor=" + "x" * 513,
        ],
    )
    def test_refuses(self, client: TestClient[Litestar], query: str) -> None:
        assert problem(client.get(f"/thing/page?{query}")) == (400, "invalid_request")

    @pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyJhIl0"])
    def test_a_cursor_that_nobody_gave(self, client: TestClient[Litestar], cursor: str) -> None:
        assert problem(client.get(f"/thing/page?cursor={cursor}")) == (409, "invalid_cursor")


class TestParameters:
    @pytest.mark.parametrize("query", ["limits=1", "q=secret", "limit=1&x=", "limit=1&limit=1", "Limit=1"])
    def test_unknown_and_doubled_ones_are_refused(self, client: TestClient[Litestar], query: str) -> None:
        answer = client.get(f"/thing/page?{query}")
        assert problem(answer) == (400, "invalid_request")
        assert "secret" not in answer.text


class TestEdge:
    def test_head_is_get_without_a_body(self, client: TestClient[Litestar]) -> None:
        full, head = client.get("/thing/page"), client.head("/thing/page")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(full.content))
        assert client.head("/nowhere").status_code == 404
        assert client.head("/thing/me").status_code == 401
        assert client.head("/thing/open").headers["allow"] == "OPTIONS, POST"

    def test_two_hosts_are_refused(self, client: TestClient[Litestar]) -> None:
        answer = client.get("/thing/page", headers=[("Host", "a"), ("Host", "a")])
        assert problem(answer) == (400, "invalid_request")
        assert client.get("/thing/page", headers={"Host": "a,b"}).status_code == 400

    @pytest.mark.parametrize(
        "accept", ["text/html", "text/csv", "image/*", "application/xml;q=0.9", "x", "/", ";q"]
    )
    def test_what_is_not_offered_is_not_acceptable(self, client: TestClient[Litestar], accept: str) -> None:
        assert problem(client.get("/thing/page", headers={"Accept": accept})) == (406, "not_acceptable")

    @pytest.mark.parametrize(
        "accept", ["*/*", "application/*", "text/csv, */*;q=0.1", "text/html, application/json"]
    )
    def test_json_is_acceptable(self, client: TestClient[Litestar], accept: str) -> None:
        assert client.get("/thing/page", headers={"Accept": accept}).status_code == 200


class TestHealthAndDocs:
    def test_health(self, client: TestClient[Litestar]) -> None:
        answer = client.get("/thing/health")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "service": "things"})

    def test_docs_load_nothing_from_elsewhere(self, client: TestClient[Litestar]) -> None:
        page = client.get("/thing/docs")
        assert page.status_code == 200
        assert "http://" not in page.text
        assert "https://" not in page.text
        for name in ("swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-ui.css"):
            assert f"/thing/docs/assets/{name}" in page.text
            assert client.get(f"/thing/docs/assets/{name}").status_code == 200
        for name in ("index.html", "../docs.py", "..%2Fdocs.py", "%2e%2e"):
            assert client.get(f"/thing/docs/assets/{name}").status_code == 404

    def test_the_openapi_document(self, client: TestClient[Litestar]) -> None:
        document = client.get("/thing/docs/openapi.json").json()
        assert document["info"]["title"] == "Tidemark things"
        assert "/thing/docs" not in document["paths"]
        responses = document["paths"]["/thing/open"]["post"]["responses"]
        assert set(responses["400"]["content"]) == {"application/problem+json"}


class TestRequestLog:
    def test_names_the_route_and_nothing_that_was_sent(self, client: TestClient[Litestar], log: Log) -> None:
        answer = client.post(
            "/thing/open", json={"amount": 1, "inner": {"text": "secret"}}, headers={"X-Own": "secret"}
        )
        client.get("/thing/page?q=secret")
        client.get("/secret")
        first, *others = log()
        assert [(line["route"], line["status"]) for line in others] == [("/thing/page", 400), ("", 404)]
        assert "secret" not in json.dumps(others)
        assert "secret" not in json.dumps(first)
        assert (first["method"], first["route"], first["status"]) == ("POST", "/thing/open", 201)
        assert first["request_id"] == answer.headers["x-request-id"]
        assert (first["level"], first["logger"], first["message"]) == ("INFO", "tidemark.requests", "request")
        assert first.keys() - {"request_id", "method", "route", "status", "level", "logger", "message"} == {
            "time",
            "ms",
            "user_id",
        }

    def test_a_log_that_cannot_be_written_fails_no_request(self, client: TestClient[Litestar]) -> None:
        gone = io.StringIO()
        gone.close()
        with contextlib.redirect_stdout(gone):
            assert client.get("/thing/health").status_code == 200
