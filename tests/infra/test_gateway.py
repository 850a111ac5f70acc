"""The gateway: a real Envoy in front of small services that tell what they were asked."""

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from infra.local.envoy import BODY_MAX_BYTES, EDGE_HEADER, Gateway
from infra.local.ports import free_port
from infra.local.services import SERVICES

pytestmark = pytest.mark.slow


class Service:
    """Answers every request with 200 and the request itself; `requests` counts those that were not for health."""

    def __init__(self, name: str) -> None:
        service = self
        self.requests = 0
        self.is_hanging_up = False

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if not self.path.endswith("/health"):
                    service.requests += 1
                    if service.is_hanging_up:
                        self.connection.shutdown(socket.SHUT_RDWR)
                        self.close_connection = True
                        return
                told = {"service": name, "path": self.path, "headers": dict(self.headers), "port": service.port}
                body = json.dumps(told).encode()
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_QUERY = do_FANCY = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Setup:
    """A running gateway and the services behind it."""

    gateway: Gateway
    services: dict[str, Service]
    process: subprocess.Popen[bytes]
    made: list[Service] = field(default_factory=list)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return httpx.request(method, f"http://127.0.0.1:{self.gateway.port}{path}", timeout=10, **options)

    def another(self, name: str) -> Service:
        service = Service(name)
        self.made.append(service)
        return service


def wait_for(condition: Callable[[], bool], timeout_s: float = 15) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    services = {name: Service(name) for name in SERVICES}
    gateway = Gateway(tmp_path / "envoy", free_port(), tmp_path / "admin", "the-edge-secret")
    gateway.write()
    for name, service in services.items():
        gateway.write_endpoints(name, [service.port])
    with (tmp_path / "envoy.log").open("wb") as log:
        process = subprocess.Popen(gateway.command(), stdout=log, stderr=log)
    setup = Setup(gateway, services, process)

    def is_ready() -> bool:
        try:
            return all(setup.ask("GET", service.health_path).status_code == 200 for service in SERVICES.values())
        except httpx.TransportError:
            assert process.poll() is None, (tmp_path / "envoy.log").read_text()
            return False

    wait_for(is_ready)
    yield setup
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    for service in [*services.values(), *setup.made]:
        service.end()


class TestRoute:
    @pytest.mark.parametrize(
        ("path", "service"),
        [
            ("/user/me", "users"),
            ("/.well-known/jwks.json", "users"),
            ("/account/search?number=1", "accounts"),
            ("/stats/daily", "stats"),
        ],
    )
    def test_to_the_service_of_the_path(self, setup: Setup, path: str, service: str) -> None:
        told = setup.ask("GET", path).json()
        assert (told["service"], told["path"]) == (service, path)

    @pytest.mark.parametrize(
        "path", ["/", "/user", "/users/me", "/User/me", "/metrics", "/stats.json", "/x/user/me"]
    )
    def test_other_paths_are_a_problem_404(self, setup: Setup, path: str) -> None:
        answer = setup.ask("GET", path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json() == {
            "type": "urn:tidemark:error:not_found",
            "title": "Not Found",
            "status": 404,
            "detail": "There is nothing at this address.",
            "code": "not_found",
        }

    @pytest.mark.parametrize("path", ["/account%2Fsearch", "/user/%2e%2e%2faccount/search", "/user%5Cme"])
    def test_escaped_slashes_are_refused(self, setup: Setup, path: str) -> None:
        answer = setup.ask("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")

    def test_dots_and_double_slashes_are_resolved_before_routing(self, setup: Setup) -> None:
        url = httpx.URL(f"http://127.0.0.1:{setup.gateway.port}", raw_path=b"/user/../account/./a//b")
        told = httpx.get(url).json()
        assert (told["service"], told["path"]) == ("accounts", "/account/a/b")


class TestClientAddress:
    def test_what_the_client_claims_is_only_in_front(self, setup: Setup) -> None:
        claimed = {"X-Forwarded-For": "10.1.2.3", EDGE_HEADER: "guessed", "X-Envoy-External-Address": "10.1.2.3"}
        headers = setup.ask("GET", "/user/me", headers=claimed).json()["headers"]
        told = {name.lower(): value for name, value in headers.items()}
        seen = told["x-forwarded-for"].rpartition(",")[2].strip()
        # Of a connection over loopback Envoy tells the machine's own address.
        assert seen != "10.1.2.3"
        assert ip_address(seen)
        assert told[EDGE_HEADER] == "the-edge-secret"
        assert told.get("x-envoy-external-address") != "10.1.2.3"

    def test_the_secret_is_in_no_answer(self, setup: Setup) -> None:
        answer = setup.ask("GET", "/nothing")
        assert "the-edge-secret" not in str(answer.headers) + answer.text


class TestSize:
    def test_a_body_up_to_the_limit_passes(self, setup: Setup) -> None:
        assert setup.ask("POST", "/user/photo", content=b"x" * BODY_MAX_BYTES).status_code == 200

    def test_a_larger_body_is_refused_and_never_arrives(self, setup: Setup) -> None:
        answer = setup.ask("POST", "/user/photo", content=b"x" * (BODY_MAX_BYTES + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
        assert setup.services["users"].requests == 0

    def test_a_larger_body_without_a_length_is_refused(self, setup: Setup) -> None:
        chunks = (b"x" * 65_536 for _ in range(BODY_MAX_BYTES // 65_536 + 2))
        answer = setup.ask("POST", "/user/photo", content=chunks)
        assert answer.status_code == 413

    def test_headers_with_underscores_are_refused(self, setup: Setup) -> None:
        assert setup.ask("GET", "/user/me", headers={"X_Forwarded_For": "10.1.2.3"}).status_code == 400


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


class TestInstances:
    def test_come_and_go_by_file_without_a_lost_request(self, setup: Setup) -> None:
        first, second = setup.services["accounts"], setup.another("accounts")
        setup.gateway.write_endpoints("accounts", [first.port, second.port])
        seen: set[int] = set()

        def both_answer() -> bool:
            answer = setup.ask("GET", "/account/x")
            assert answer.status_code == 200
            seen.add(answer.json()["port"])
            return len(seen) == 2

        wait_for(both_answer)
        setup.gateway.write_endpoints("accounts", [second.port])

        def only_second() -> bool:
            answers = [setup.ask("GET", "/account/x") for _ in range(20)]
            assert {answer.status_code for answer in answers} == {200}
            return {answer.json()["port"] for answer in answers} == {second.port}

        wait_for(only_second)

    def test_a_connection_that_fails_is_tried_elsewhere(self, setup: Setup) -> None:
        # Nothing listens on the second port: what was never sent may be tried again.
        setup.gateway.write_endpoints("accounts", [setup.services["accounts"].port, free_port()])
        assert {setup.ask("POST", "/account/transfer").status_code for _ in range(30)} == {200}

    def test_a_request_that_was_sent_is_never_sent_again(self, setup: Setup) -> None:
        for name in ("accounts", "stats"):
            setup.services[name].is_hanging_up = True
        other = setup.another("accounts")
        other.is_hanging_up = True
        setup.gateway.write_endpoints("accounts", [setup.services["accounts"].port, other.port])
        wish = {"X-Envoy-Retry-On": "5xx,reset", "X-Envoy-Max-Retries": "5"}
        answer = setup.ask("POST", "/account/transfer", content=b"{}", headers=wish)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert setup.services["accounts"].requests + other.requests == 1

    def test_no_instance_is_a_problem_503(self, setup: Setup) -> None:
        setup.gateway.write_endpoints("stats", [])
        wait_for(lambda: setup.ask("GET", "/stats/daily").status_code == 503)
        answer = setup.ask("GET", "/stats/daily")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "unavailable"


class TestAdministration:
    def test_is_behind_a_socket_of_its_owner_alone(self, setup: Setup) -> None:
        assert stat.S_IMODE(setup.gateway.admin_socket.stat().st_mode) == 0o600
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(setup.gateway.admin_socket))) as client:
            assert client.get("http://envoy/ready").text == "LIVE\n"
        listening = {
            connection.laddr.port
            for connection in psutil.Process(setup.process.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {setup.gateway.port}


class TestFiles:
    @pytest.mark.parametrize("secret", ['quoted"', "br{ace}: #", "line\nbreak", "{{ port }}", "'"])
    def test_values_stay_values(self, tmp_path: Path, secret: str) -> None:
        folder = tmp_path / 'a "strange": folder'
        made = yaml.safe_load(Gateway(folder, 1, folder / "admin", secret).configuration())
        assert made["admin"]["address"]["pipe"]["path"] == str(folder / "admin")
        routes = made["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"][
            "route_config"
        ]["virtual_hosts"][0]["routes"]
        assert routes[0]["request_headers_to_add"][0]["header"] == {"key": EDGE_HEADER, "value": secret}

    def test_configuration_is_for_its_owner_only(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path / "envoy", 1, tmp_path / "admin", "the-edge-secret")
        gateway.write()
        assert os.stat(gateway.config_file).st_mode & 0o077 == 0

    def test_everything_listens_on_loopback(self, tmp_path: Path) -> None:
        configuration = Gateway(tmp_path / "envoy", 1, tmp_path / "admin", "the-edge-secret").configuration()
        assert configuration.count("address: 127.0.0.1") == configuration.count("socket_address") == 1
