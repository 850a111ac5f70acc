"""Calls between services."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from api.shared.http import make_client


class Elsewhere(BaseHTTPRequestHandler):
    """Answers every request by naming another address, and remembers what was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def address() -> Iterator[str]:
    Elsewhere.asked = []
    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class TestMakeClient:
    async def get(self, address: str) -> int:
        async with make_client(timeout_s=5) as client:
            return (await client.get(f"{address}/keys")).status_code

    def test_a_redirect_is_not_followed(self, address: str) -> None:
        assert asyncio.run(self.get(address)) == 302
        assert Elsewhere.asked == ["/keys"]

    def test_a_proxy_of_the_environment_is_not_used(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        assert asyncio.run(self.get(address)) == 302
