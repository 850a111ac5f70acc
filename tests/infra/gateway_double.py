"""A real Envoy in front of small services that tell what they were asked."""

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from infra.local.envoy import Gateway
from infra.local.ports import free_port
from infra.local.services import SERVICES


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


@contextmanager
def running_gateway(folder: Path) -> Iterator[Setup]:
    """A gateway with its files in this folder, and a service of each name."""
    services = {name: Service(name) for name in SERVICES}
    gateway = Gateway(folder / "envoy", free_port(), folder / "admin", "the-edge-secret")
    gateway.write()
    for name, service in services.items():
        gateway.write_endpoints(name, [service.port])
    with (folder / "envoy.log").open("wb") as log:
        process = subprocess.Popen(gateway.command(), stdout=log, stderr=log)
    setup = Setup(gateway, services, process)

    def is_ready() -> bool:
        try:
            return all(setup.ask("GET", service.health_path).status_code == 200 for service in SERVICES.values())
        except httpx.TransportError:
            assert process.poll() is None, (folder / "envoy.log").read_text()
            return False

    try:
        wait_for(is_ready)
        yield setup
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        for service in [*services.values(), *setup.made]:
            service.end()
