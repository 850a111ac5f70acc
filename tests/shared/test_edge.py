"""What holds for every request before a route sees it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from api.shared.app import make_app
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
