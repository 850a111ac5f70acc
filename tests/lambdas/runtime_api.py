"""A small Lambda service: it hands events to one function's process through the Runtime API (2018-06-01)."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

PREFIX = "/2018-06-01/runtime"
INVOCATION_MAX_S = 30.0


class FunctionError(Exception):
    """The function raised, ended, or gave no answer in time; the text tells what it told."""


class LambdaFunction:
    """One function instance: `python -m awslambdaric HANDLER` in the unpacked archive."""

    def __init__(
        self, python: str, runtime: Path, root: Path, handler: str, environment: Mapping[str, str], log: Path
    ) -> None:
        self._events: queue.Queue[tuple[str, bytes, int]] = queue.Queue()
        self._answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._server = _Server(self._events, self._answers)
        self._log = log
        host, port = self._server.server_address[:2]
        self._process = subprocess.Popen(
            [python, "-m", "awslambdaric", handler],
            cwd=root,
            env={
                "PATH": "/usr/bin:/bin",
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                "PYTHONPATH": str(runtime),
                "LAMBDA_TASK_ROOT": str(root),
                "AWS_LAMBDA_RUNTIME_API": f"{host!s}:{port}",
                "AWS_LAMBDA_FUNCTION_NAME": handler.split(".")[1],
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
                "AWS_LAMBDA_LOG_GROUP_NAME": "tests",
                "AWS_LAMBDA_LOG_STREAM_NAME": "tests",
                **environment,
            },
            stdout=log.open("ab"),
            stderr=subprocess.STDOUT,
        )

    def invoke(self, event: Any, timeout_s: float = INVOCATION_MAX_S) -> Any:
        """What the function gives for an event. Raises FunctionError."""
        deadline = time.time() + timeout_s
        self._events.put((str(uuid4()), json.dumps(event).encode(), int(deadline * 1000)))
        while True:
            try:
                kind, body = self._answers.get(timeout=0.1)
            except queue.Empty:
                if self._process.poll() is None and time.time() < deadline:
                    continue
                raise FunctionError(f"no answer; its log ends with:\n{self.log()[-3000:]}") from None
            if kind != "response":
                raise FunctionError(body.decode())
            return json.loads(body)

    @property
    def processor_s(self) -> float:
        """Processor time that the process has taken until now."""
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system

    def log(self) -> str:
        """What the function printed."""
        return self._log.read_text()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Between invocations Lambda stops the process."""
        process = psutil.Process(self._process.pid)
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    def close(self) -> None:
        """Kill it, as Lambda does."""
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, events: "queue.Queue[tuple[str, bytes, int]]", answers: "queue.Queue[tuple[str, bytes]]"
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events, self.answers = events, answers
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A function that was killed hangs up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        assert self.path == f"{PREFIX}/invocation/next"
        request_id, body, deadline_ms = self.server.events.get()
        self.send_response(200)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:000000000000:function:tests",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self._body()
        self.send_response(202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answers.put((self.path.rpartition("/")[2], body))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def log_message(self, *arguments: Any) -> None:
        """Nothing."""
