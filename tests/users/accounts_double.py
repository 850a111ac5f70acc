"""A server that answers as the accounts service behind the gateway, or as a broken one."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class AccountsDouble:
    """`answers` are given in turn, then 200 for ever; `calls` are (method, path, token) as received.

    `before_answer` runs while the caller waits.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.calls: list[tuple[str, str, str]] = []
        self.before_answer: Callable[[], None] | None = None
        double = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                double.calls.append((self.command, self.path, token))
                if double.before_answer is not None:
                    double.before_answer()
                status, body = double.answers.pop(0) if double.answers else (200, {})
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def reset(self) -> None:
        self.answers.clear()
        self.calls.clear()
        self.before_answer = None

    def refuse(self, status: int, code: str, *, times: int = 1, **more: Any) -> None:
        """Answer the next calls with a problem."""
        problem = {"status": status, "code": code, "detail": f"accounts say {code}", "title": code, **more}
        self.answers += [(status, problem)] * times

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
