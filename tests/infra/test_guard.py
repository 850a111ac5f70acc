"""The guard before Dagster and the documentation: whom it lets through."""

import base64
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra.local.guard import Guard, GuardedApp

OWN = {"host": "127.0.0.1:3000"}
PAGES = ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:3000", "http://127.0.0.1", ""]


def status_of(method: str, target: str, password: str | None = None, **headers: str) -> int:
    asked = {**OWN, **{name.replace("_", "-"): value for name, value in headers.items()}}
    refusal = Guard(password).refusal(method, target, asked)
    return refusal.status if refusal else 200


class TestHost:
    @pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost:3000", "LOCALHOST", "127.0.0.1", "[::1]:3333"])
    def test_loopback_by_its_names_and_through_a_tunnel(self, host: str) -> None:
        assert status_of("GET", "/", host=host) == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example:3000",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "",
            "[",
            "@127.0.0.1@x",
        ],
    )
    def test_every_other_name_is_refused(self, host: str) -> None:
        assert status_of("GET", "/", host=host) == 403

    @pytest.mark.parametrize(
        ("host", "is_let_in"),
        [("dagster.bank.example", True), ("127.0.0.1:3000", True), ("evil.example", False), ("", False)],
    )
    def test_a_name_of_its_own(self, host: str, is_let_in: bool) -> None:
        guard = Guard(name="dagster.bank.example")
        assert (guard.refusal("GET", "/", {"host": host}) is None) == is_let_in


class TestOrigin:
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
    @pytest.mark.parametrize("origin", PAGES)
    def test_another_page_is_refused(self, method: str, origin: str) -> None:
        assert status_of(method, "/graphql", origin=origin) == 403

    def test_its_own_page_and_programs_pass(self) -> None:
        assert status_of("POST", "/graphql", origin="http://127.0.0.1:3000") == 200
        assert status_of("POST", "/graphql") == 200

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_a_browser_that_sends_no_origin_tells_the_site(self, site: str) -> None:
        assert status_of("POST", "/graphql", sec_fetch_site=site) == 403
        # Following a link from a mail, say, is fine.
        assert status_of("GET", "/runs", sec_fetch_site=site) == 200


class TestMutations:
    @pytest.mark.parametrize("target", ["/graphql?query=mutation{x}", "/graphql?a=1&query={x}", "/graphql?query="])
    def test_nothing_is_asked_by_get(self, target: str) -> None:
        refusal = Guard().refusal("GET", target, OWN)
        assert refusal is not None
        assert (refusal.status, refusal.headers) == (405, {"Allow": "POST"})


class TestPassword:
    def test_is_asked_for(self) -> None:
        refusal = Guard("secret").refusal("GET", "/", OWN)
        assert refusal is not None
        assert (refusal.status, refusal.headers) == (401, {"WWW-Authenticate": 'Basic realm="Tidemark"'})
        assert "secret" not in repr(Guard("secret"))

    @pytest.mark.parametrize("given", ["operator:wrong", "operator:", "other:sécret", "", "operator:sécret:"])
    def test_a_wrong_one_is_refused(self, given: str) -> None:
        token = base64.b64encode(given.encode()).decode()
        assert status_of("GET", "/", "sécret", authorization=f"Basic {token}") == 401
        assert status_of("GET", "/", "sécret", authorization="Bearer ü") == 401

    def test_the_bank_s_own_programs_have_it(self) -> None:
        headers = {name.lower(): value for name, value in Guard("sécret").authorization().items()}
        assert status_of("GET", "/", "sécret", **headers) == 200
        assert Guard().authorization() == {}


class TestGuardedApp:
    @pytest.fixture
    def client(self) -> Iterator[TestClient]:
        async def page(_: object) -> PlainTextResponse:
            return PlainTextResponse("inside")

        async def socket(socket: WebSocket) -> None:
            await socket.accept()
            await socket.send_text("inside")
            await socket.close()

        app = Starlette(
            routes=[Route("/graphql", page, methods=["GET", "POST"]), WebSocketRoute("/graphql", socket)]
        )
        with TestClient(GuardedApp(app, Guard()), base_url="http://127.0.0.1:3000") as client:
            yield client

    def test_requests(self, client: TestClient) -> None:
        assert client.post("/graphql").text == "inside"
        assert client.post("/graphql", headers={"Origin": "http://evil.example"}).status_code == 403
        assert client.get("/graphql?query=mutation{x}").status_code == 405

    def test_websockets(self, client: TestClient) -> None:
        own = {"Host": "127.0.0.1:3000", "Origin": "http://127.0.0.1:3000"}
        with client.websocket_connect("/graphql", headers=own) as socket:
            assert socket.receive_text() == "inside"
        for foreign in ({"Origin": "http://127.0.0.1:9999"}, {"Host": "evil.example"}):
            opening = client.websocket_connect("/graphql", headers=own | foreign)
            with pytest.raises(WebSocketDisconnect), opening:
                pass
