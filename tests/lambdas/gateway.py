"""A small API Gateway (HTTP API, payload format 2.0) on loopback, before functions that it invokes."""

import base64
import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from infra.local.services import SERVICES
from tests.lambdas.runtime_api import FunctionError, LambdaFunction

# Lambda takes and gives at most so much, base64 included; API Gateway answers 500 for a larger answer.
PAYLOAD_MAX_BYTES = 6 * 1024 * 1024
FUNCTIONS = {prefix.strip("/"): service.name for service in SERVICES.values() for prefix in service.prefixes}
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive"}


class Fleet:
    """The instances of one function: each serves one event at a time, and one more is started when all do."""

    def __init__(self, start: Callable[[], LambdaFunction]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._idle: list[LambdaFunction] = []
        self.instances: list[LambdaFunction] = []

    def invoke(self, event: Any) -> Any:
        """What an instance gives; one that failed is not used again."""
        with self._lock:
            instance = self._idle.pop() if self._idle else self._start()
            if instance not in self.instances:
                self.instances.append(instance)
        answer = instance.invoke(event)
        with self._lock:
            self._idle.append(instance)
        return answer

    def close(self) -> None:
        """Kill all instances."""
        for instance in self.instances:
            instance.close()


class Gateway:
    """`url` is its address; `fleets` are the functions by service. `seen` has every event and its answer."""

    def __init__(self) -> None:
        self.fleets: Mapping[str, Fleet] = {}
        self.seen: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        """What the service at the event's path answers."""
        service = FUNCTIONS.get(event["rawPath"].split("/")[1])
        if service is None:
            return {"statusCode": 404, "headers": {}, "body": '{"message":"Not Found"}'}
        try:
            answer: dict[str, Any] = self.fleets[service].invoke(event)
        except FunctionError as error:
            return {"statusCode": 502, "headers": {}, "body": str(error)}
        if len(json.dumps(answer, ensure_ascii=False).encode()) > PAYLOAD_MAX_BYTES:
            return {"statusCode": 500, "headers": {}, "body": '{"message":"Internal Server Error"}'}
        self.seen.append((event, answer))
        return answer

    def close(self) -> None:
        """End the server and the functions."""
        self._server.shutdown()
        self._server.server_close()
        for fleet in self.fleets.values():
            fleet.close()


def make_event(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> dict[str, Any]:
    """The event of a request, as API Gateway makes it: what is no text comes as base64."""
    parts = urlsplit(target)
    media_type = headers.get("content-type", "")
    is_text = media_type.startswith(("text/", "application/json"))
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": unquote(parts.path),
        "rawQueryString": parts.query,
        "headers": {name: value for name, value in headers.items() if name != "cookie"},
        "requestContext": {
            "http": {
                "method": method,
                "path": parts.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "domainName": headers.get("host", ""),
            "stage": "$default",
        },
        "isBase64Encoded": bool(body) and not is_text,
    }
    if "cookie" in headers:
        event["cookies"] = [each.strip() for each in headers["cookie"].split(";")]
    if body:
        event["body"] = body.decode() if is_text else base64.b64encode(body).decode()
    return event


def _handler_of(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            headers: dict[str, str] = {}
            for name, value in self.headers.items():
                headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
            body = self.rfile.read(int(headers.get("content-length", 0)))
            event = make_event(self.command, self.path, headers, body)
            if len(event.get("body", "")) > PAYLOAD_MAX_BYTES:
                answer: dict[str, Any] = {"statusCode": 413, "headers": {}, "body": '{"message":"Too Large"}'}
            else:
                answer = gateway.answer(event)
            text = answer.get("body") or ""
            content = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
            self.send_response(answer["statusCode"])
            for name, value in answer.get("headers", {}).items():
                if name.lower() not in HOP_BY_HOP | {"content-length"}:
                    self.send_header(name, value)
            for cookie in answer.get("cookies", []):
                self.send_header("Set-Cookie", cookie)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            """Nothing."""

    return Handler
