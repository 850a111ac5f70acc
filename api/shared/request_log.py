"""One JSON line per request on standard output: route, status, time. Never a body, query, header or token."""

import logging
import sys
import time
from typing import Any
from uuid import uuid4

import msgspec
from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("tidemark.requests")


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object; `extra={"fields": {...}}` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return msgspec.json.encode(entry).decode()


def configure_logging() -> None:
    """Sends Tidemark's own records, and warnings of the libraries, to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("tidemark").setLevel(logging.INFO)
    logging.Formatter.converter = time.gmtime


def request_log_middleware(app: ASGIApp) -> ASGIApp:
    """Logs the route's template (never the path as sent) and adds `X-Request-ID` to the answer."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = uuid4().hex
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableScopeHeaders.from_message(message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await app(scope, receive, send_and_note)
        finally:
            principal = scope.get("user")
            logger.info(
                "request",
                extra={
                    "fields": {
                        "request_id": request_id,
                        "method": scope["method"],
                        "route": scope.get("path_template", ""),
                        "status": status,
                        "ms": round((time.perf_counter() - started) * 1000, 1),
                        "user_id": str(principal.user_id) if principal else None,
                    }
                },
            )

    return middleware
