"""A server that answers as the users service behind the gateway (`GET /user/me`, its keys), or as a broken one."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Answer = tuple[int, dict[str, Any]]


class UsersDouble:
    """`me` maps a token to the answer's body; `before_answer` runs once a question has been decided."""

    def __init__(self) -> None:
        self.me: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, Any] = {"keys": []}
        self.before_answer: Callable[[], None] | None = None
        self.broken_with: Answer | None = None
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                status, body = double.broken_with or double.decide(self.path, token)
                content = json.dumps(body).encode()
                if double.before_answer is not None:
                    double.before_answer()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def decide(self, path: str, token: str) -> Answer:
        """What the users service would say."""
        if path == "/.well-known/jwks.json":
            return 200, self.keys
        if path != "/user/me":
            return 404, {}
        return (200, self.me[token]) if token in self.me else (401, {"code": "unauthenticated"})

    def mend(self) -> None:
        """Answer as usual again."""
        self.before_answer = None
        self.broken_with = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
