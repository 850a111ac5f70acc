"""What the gateway answers by itself."""

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.gateway_double import Setup, running_gateway

pytestmark = pytest.mark.slow


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    with running_gateway(tmp_path) as setup:
        yield setup


class TestOwnAnswers:
    """What the gateway answers by itself, before any service and also before it knows the path."""

    HOST = b"Host: 127.0.0.1\r\n"

    @staticmethod
    def send(setup: Setup, request: bytes) -> tuple[int, str, dict[str, Any]]:
        """Status, content type and body of the answer to these bytes."""
        with socket.create_connection(("127.0.0.1", setup.gateway.port), timeout=10) as connection:
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return answer.status, answer.headers["Content-Type"], json.loads(answer.read())

    REQUESTS = (
        (b"GET /user/me HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 70_000 + b"\r\n\r\n", 431, "invalid_request"),
        (b"GET /user/me HTTP/1.1\r\n" + HOST + b"X: 1\r\n" * 150 + b"\r\n", 431, "invalid_request"),
        (b"GET /user/" + b"x" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431, "invalid_request"),
        (b"POST /user/me HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", 501, "not_implemented"),
        (b"POST /user/me HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n", 400, "invalid_request"),
        (
            b"POST /user/me HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nz\r\n",
            400,
            "invalid_request",
        ),
        (b"GET /user/me HTTP/1.1\r\n\r\n", 400, "invalid_request"),
        (b"GET /user/me HTTP/1.1\r\n" + HOST + b"no colon\r\n\r\n", 400, "invalid_request"),
        (b"GET /user/me HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n", 400, "invalid_request"),
        (b"NONSENSE\r\n\r\n", 400, "invalid_request"),
        (b"GET /user/me HTTP/1.0\r\n\r\n", 426, "invalid_request"),
        (
            b"GET /user/me HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            403,
            "forbidden",
        ),
        (b"QUERY /user/me HTTP/1.1\r\n" + HOST + b"\r\n", 400, "invalid_request"),
    )

    def test_are_problem_documents(self, setup: Setup) -> None:
        for request, status, code in self.REQUESTS:
            told, content_type, problem = self.send(setup, request)
            assert (told, content_type) == (status, "application/problem+json"), request[-40:]
            assert (problem["status"], problem["code"]) == (status, code)
            assert problem["type"] == f"urn:tidemark:error:{code}"
            assert problem["title"]
            assert problem["detail"]

    def test_which_methods_there_are_the_services_say(self, setup: Setup) -> None:
        for method in ("FANCY", "QUERY"):
            answer = setup.ask(method, "/user/me", headers={"Content-Type": "application/json"})
            assert answer.json()["service"] == "users"
