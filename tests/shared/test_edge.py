"""What holds for every request before a route sees it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from api.shared.app import make_app
from api.shared.edge import at_the_edge
from api.shared.settings import ServiceSettings
from tests.shared.answers import problem


@get("/.well-known/keys", opt={"public": True}, sync_to_thread=False)
def keys() -> dict[str, list[str]]:
    return {"keys": []}


class TestEdge:
    def test_head_is_get_without_a_body(self, client: TestClient[Litestar]) -> None:
        full, head = client.get("/thing/page"), client.head("/thing/page")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(full.content))
        assert client.head("/nowhere").status_code == 404
        assert client.head("/thing/me").status_code == 401
        assert client.head("/thing/open").headers["allow"] == "OPTIONS, POST"

    def test_options_says_what_an_address_takes(self, client: TestClient[Litestar]) -> None:
        for path, allowed in (("/thing/me", "GET, HEAD, OPTIONS"), ("/thing/open", "OPTIONS, POST")):
            answer = client.options(path)
            assert (answer.status_code, answer.content, answer.headers["allow"]) == (204, b"", allowed)
        assert problem(client.options("/nowhere")) == (404, "not_found")

    def test_two_hosts_in_one_header_are_refused(self, client: TestClient[Litestar]) -> None:
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


def scope(*headers: tuple[bytes, bytes]) -> Any:
    """A request as a server hands it on; the client of these tests would join headers of one name."""
    return {"type": "http", "method": "POST", "path": "/thing", "headers": headers}


class TestOnce:
    @pytest.mark.parametrize("name", [b"host", b"authorization", b"content-type", b"idempotency-key"])
    def test_two_of_what_there_is_one_are_refused(self, settings: ServiceSettings, name: bytes) -> None:
        statuses: list[int] = []

        async def send(message: Any) -> None:
            statuses.append(message.get("status", 0))

        async def never(*_: Any) -> Any:
            raise AssertionError

        edge = at_the_edge(never, settings)
        asyncio.run(edge(scope((name, b"a"), (b"accept", b"a"), (name, b"a")), never, send))  # type: ignore[arg-type]
        assert statuses == [400, 0]


class TestBody:
    """A server closes the connection of an answer that overtakes the body; the gateway makes 503 of that."""

    def events(self, settings: ServiceSettings, chunks: int, wanted: int) -> list[str]:
        """A request of so many chunks, of which the application wants some: what happens, in its order."""
        happened: list[str] = []

        async def application(scope: Any, receive: Any, send: Any) -> None:
            for _ in range(wanted):
                await receive()
            await send({"type": "http.response.start", "status": 413, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def receive() -> Any:
            happened.append("chunk")
            return {"type": "http.request", "body": b"x" * 65_536, "more_body": len(happened) < chunks}

        async def send(message: Any) -> None:
            happened.append(message["type"])

        asyncio.run(at_the_edge(application, settings)(scope((b"content-length", b"1")), receive, send))  # type: ignore[arg-type]
        return happened

    @pytest.mark.parametrize("wanted", [0, 1, 40])
    def test_it_is_read_before_the_answer(self, settings: ServiceSettings, wanted: int) -> None:
        answer = ["http.response.start", "http.response.body"]
        assert self.events(settings, 40, wanted) == ["chunk"] * 40 + answer

    def test_one_without_end_is_not(self, settings: ServiceSettings) -> None:
        assert self.events(settings, 1_000, 0).count("chunk") == 256


class TestAnswerHeaders:
    @pytest.mark.parametrize("path", ["/thing/page", "/thing/health", "/nowhere", "/thing/me", "/thing/break"])
    def test_nothing_is_guessed_framed_or_kept(self, client: TestClient[Litestar], path: str) -> None:
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers.get_list("content-security-policy") == [
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
        ]

    def test_behind_tls_browsers_stay_there(self, client: TestClient[Litestar], settings: ServiceSettings) -> None:
        assert "strict-transport-security" not in client.get("/thing/health").headers
        behind = replace(settings, issuer="https://api.bank.example")
        with TestClient(make_app(name="thing", path="thing", settings=behind, controllers=[keys])) as secure:
            for path in ("/thing/health", "/nowhere"):
                header = secure.get(path).headers["strict-transport-security"]
                assert header == "max-age=31536000; includeSubDomains"

    def test_the_documentation_runs_its_own_scripts_alone(self, client: TestClient[Litestar]) -> None:
        (policy,) = client.get("/thing/docs").headers.get_list("content-security-policy")
        assert "default-src 'self'" in policy
        assert "object-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy

    def test_no_other_origin_is_let_in(self, client: TestClient[Litestar]) -> None:
        headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
        for answer in (client.get("/thing/page", headers=headers), client.options("/thing/page", headers=headers)):
            assert not [name for name in answer.headers if name.startswith("access-control")]


class TestEdgeOnly:
    @pytest.fixture
    def guarded(self, settings: ServiceSettings) -> Iterator[TestClient[Litestar]]:
        edge = replace(settings, edge_only=True, edge_secret="the-proof")
        with TestClient(make_app(name="thing", path="thing", settings=edge, controllers=[keys])) as client:
            yield client

    @pytest.mark.parametrize("headers", [{}, {"X-Tidemark-Edge": ""}, {"X-Tidemark-Edge": "guessed"}])
    def test_who_comes_past_the_edge_is_refused(
        self, guarded: TestClient[Litestar], headers: dict[str, str]
    ) -> None:
        assert problem(guarded.get("/thing/docs", headers=headers)) == (403, "forbidden")

    def test_who_comes_through_it_is_let_in(self, guarded: TestClient[Litestar]) -> None:
        assert guarded.get("/thing/docs", headers={"X-Tidemark-Edge": "the-proof"}).status_code == 200

    def test_keys_and_health_are_for_everybody(self, guarded: TestClient[Litestar]) -> None:
        assert guarded.get("/thing/health").status_code == 200
        assert guarded.get("/.well-known/keys").json() == {"keys": []}

    def test_without_a_secret_nobody_is_let_in(self, settings: ServiceSettings) -> None:
        edge = replace(settings, edge_only=True, edge_secret=None)
        with TestClient(make_app(name="thing", path="thing", settings=edge, controllers=[])) as client:
            assert client.get("/thing/docs", headers={"X-Tidemark-Edge": ""}).status_code == 403
