"""The app's server: the session cookie's routes, headers, and what is closed."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.ui.conftest import sign_in
from tests.ui.fake_gateway import FakeGateway
from ui.server.headers import SecurityHeaders
from ui.server.routes import COOKIE_NAME, routes
from ui.server.sessions import store
from ui.settings import settings

ADDRESS = "http://127.0.0.1:8501"
ORIGIN = {"Origin": ADDRESS}
BROWSING = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FOREIGN_HOSTS = ["evil.example:8501", "127.0.0.1.evil.example", "10.0.0.1:8501", "[", "localhost@evil.example"]


class Browser:
    """Sends requests to an app in this process and keeps its cookies."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self.cookies = httpx.Cookies()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, cookies=self.cookies) as client:
                answer = await client.request(method, path, **options)
                self.cookies = client.cookies
                return answer

        return asyncio.run(send())

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@pytest.fixture
def browser() -> Browser:
    """A browser at the app's server; behind our own routes it says `inside` to everything."""

    async def inside(_: object) -> PlainTextResponse:
        return PlainTextResponse("inside")

    app = Starlette(routes=[*routes, Route("/{path:path}", inside)], middleware=[Middleware(SecurityHeaders)])
    return Browser(app)


@pytest.fixture
def ticket(gateway: FakeGateway, ada: dict[str, str]) -> str:
    return store.issue_ticket(sign_in(gateway, ada))


class TestKeep:
    def test_trades_a_ticket_for_a_cookie_that_scripts_cannot_read(self, browser: Browser, ticket: str) -> None:
        answer = browser.post("/session", json={"ticket": ticket}, headers=ORIGIN)
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Secure" not in cookie
        assert store.find(browser.cookies[COOKIE_NAME]) is not None
        assert ticket not in cookie

    def test_behind_tls_the_cookie_is_secure(
        self, browser: Browser, ticket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TIDEMARK_UI_URL", "https://bank.example")
        settings.cache_clear()
        answer = browser.post("/session", json={"ticket": ticket}, headers=ORIGIN)
        assert answer.headers["set-cookie"].startswith(f"__Host-{COOKIE_NAME}=")
        assert {"Secure", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
        assert "Domain" not in answer.headers["set-cookie"]
        dropped = browser.request("DELETE", "/session", json={}, headers=ORIGIN)
        assert dropped.headers["set-cookie"].startswith(f'__Host-{COOKIE_NAME}=""')

    def test_takes_a_ticket_once(self, browser: Browser, ticket: str) -> None:
        assert browser.post("/session", json={"ticket": ticket}, headers=ORIGIN).status_code == 204
        assert browser.post("/session", json={"ticket": ticket}, headers=ORIGIN).status_code == 403

    @pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
    def test_is_for_the_app_s_own_pages(self, browser: Browser, ticket: str, headers: dict[str, str]) -> None:
        assert browser.post("/session", json={"ticket": ticket}, headers=headers).status_code == 403
        assert browser.request("DELETE", "/session", json={}, headers=headers).status_code == 403
        assert store.is_waiting(ticket)

    @pytest.mark.parametrize(
        ("content", "status"),
        [(b"", 400), (b"{}", 400), (b'{"ticket": 1}', 400), (b"[", 400), (b"x" * 600, 413)],
    )
    def test_refuses_anything_else(self, browser: Browser, content: bytes, status: int) -> None:
        headers = ORIGIN | {"Content-Type": "application/json"}
        assert browser.post("/session", content=content, headers=headers).status_code == status

    def test_refuses_what_a_form_of_another_site_could_send(self, browser: Browser, ticket: str) -> None:
        content = f'{{"ticket": "{ticket}"}}'
        headers = ORIGIN | {"Content-Type": "text/plain"}
        assert browser.post("/session", content=content, headers=headers).status_code == 403


class TestDrop:
    def test_lets_go_of_the_cookie(self, browser: Browser, ticket: str) -> None:
        browser.post("/session", json={"ticket": ticket}, headers=ORIGIN)
        answer = browser.request("DELETE", "/session", json={}, headers=ORIGIN)
        assert answer.status_code == 204
        assert COOKIE_NAME not in browser.cookies


class TestWebsocket:
    @pytest.fixture
    def client(self) -> Iterator[TestClient]:
        async def socket(socket: WebSocket) -> None:
            await socket.accept()
            await socket.send_text("inside")
            await socket.close()

        app = Starlette(
            routes=[WebSocketRoute("/_stcore/stream", socket)], middleware=[Middleware(SecurityHeaders)]
        )
        with TestClient(app, base_url=ADDRESS) as client:
            yield client

    @pytest.mark.parametrize("origin", ["http://127.0.0.1:8501", "https://127.0.0.1:8501", None])
    def test_is_for_the_app_s_own_pages_and_for_programs(self, client: TestClient, origin: str | None) -> None:
        headers = {"Host": "127.0.0.1:8501"} | ({"Origin": origin} if origin else {})
        with client.websocket_connect("/_stcore/stream", headers=headers) as opened:
            assert opened.receive_text() == "inside"

    @pytest.mark.parametrize(
        "origin",
        ["http://127.0.0.1:9999", "http://127.0.0.1", "http://localhost:8501", "http://evil.example"],
    )
    def test_the_whole_origin_counts(self, client: TestClient, origin: str) -> None:
        headers = {"Host": "127.0.0.1:8501", "Origin": origin}
        opening = client.websocket_connect("/_stcore/stream", headers=headers)
        with pytest.raises(WebSocketDisconnect), opening:
            pass

    @pytest.mark.parametrize("host", FOREIGN_HOSTS)
    def test_a_name_that_was_made_to_resolve_to_ours_is_refused(self, client: TestClient, host: str) -> None:
        """DNS rebinding: the page of a stranger has our address, and its own name as host and origin."""
        headers = {"Host": host, "Origin": f"http://{host}"}
        opening = client.websocket_connect("/_stcore/stream", headers=headers)
        with pytest.raises(WebSocketDisconnect), opening:
            pass


class TestHost:
    @pytest.mark.parametrize("host", FOREIGN_HOSTS)
    @pytest.mark.parametrize("path", ["/", "/session", "/media/abc.csv", "/_stcore/host-config", "/favicon.png"])
    def test_pages_are_for_who_asks_by_the_app_s_name(self, browser: Browser, path: str, host: str) -> None:
        answer = browser.request("GET", path, headers={"Host": host})
        assert (answer.status_code, answer.text) == (403, "This app has another address.\n")
        assert answer.headers["x-frame-options"] == "DENY"

    @pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:9999", "LOCALHOST", "[::1]:8501"])
    def test_the_loopback_s_names_pass_through_tunnels_too(self, browser: Browser, host: str) -> None:
        assert browser.request("GET", "/", headers={"Host": host}).text == "inside"

    def test_the_public_name_passes(self, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIDEMARK_UI_URL", "https://bank.example")
        settings.cache_clear()
        for host, status in {"bank.example": 200, "Bank.Example:443": 200, "www.bank.example": 403}.items():
            assert browser.request("GET", "/", headers={"Host": host}).status_code == status

    def test_a_balancer_asks_after_health_by_number(self, browser: Browser) -> None:
        assert browser.request("GET", "/_stcore/health", headers={"Host": "10.0.3.7:8501"}).text == "inside"


class TestAddresses:
    @pytest.mark.parametrize("path", ["/nonsense", "/account/1", "/Account", "/%3Cb%3E", "/lookup.php?x=1"])
    def test_of_no_page_leads_to_one_that_says_so(self, browser: Browser, path: str) -> None:
        answer = browser.request("GET", path, headers=BROWSING)
        assert (answer.status_code, answer.headers["location"]) == (307, "/lost")
        assert answer.headers["x-frame-options"] == "DENY"

    @pytest.mark.parametrize("path", ["/", "/account", "/account/", "/home?draft=1", "/lost", "/static/js/a.js"])
    def test_of_pages_and_files_are_served(self, browser: Browser, path: str) -> None:
        assert browser.request("GET", path, headers=BROWSING).text == "inside"

    def test_what_no_browser_shows_answers_for_itself(self, browser: Browser) -> None:
        assert browser.request("GET", "/nonsense", headers={"Accept": "*/*"}).text == "inside"


class TestHeaders:
    def test_every_answer_is_framed(self, browser: Browser) -> None:
        headers = browser.get("/statistics").headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        script = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in script
        assert "sha256-" in script
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"

    @pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/_stcore/agent/interact"])
    def test_what_is_for_operators_is_closed(self, browser: Browser, path: str) -> None:
        answer = browser.get(path)
        assert answer.status_code == 404
        assert answer.headers["x-frame-options"] == "DENY"

    def test_health_stays_open(self, browser: Browser) -> None:
        assert browser.get("/_stcore/health").text == "inside"

    def test_downloads_are_for_people_signed_in(self, browser: Browser, ticket: str) -> None:
        assert browser.get("/media/abc.csv").status_code == 404
        browser.post("/session", json={"ticket": ticket}, headers=ORIGIN)
        answer = browser.get("/media/abc.csv")
        assert (answer.text, answer.headers["cache-control"]) == ("inside", "no-store")

    def test_the_icon_is_ours(self, browser: Browser) -> None:
        answer = browser.get("/favicon.png")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "<svg" in answer.text
