"""Before routing: a request is logged, says once what can be said once, and HEAD is GET without a body (RFC 9110).

After it: what a browser must know of an answer that it was never meant to show.
"""

import hmac
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.shared.errors import Forbidden, InvalidRequest, TidemarkError
from api.shared.problems import PROBLEM_MEDIA_TYPE
from api.shared.request_log import log_requests
from api.shared.settings import ServiceSettings

Header = tuple[bytes, bytes]

EDGE_HEADER = "x-tidemark-edge"
# API Gateway's authorizer, which reads the keys from outside, can prove nothing; who asks after health need not.
KEYS, HEALTH = "/.well-known/", "/health"

# Whichever of two were taken, somebody would have meant the other.
ONCE = (b"host", b"authorization", b"content-type", b"idempotency-key")

# Who came over TLS once should not come otherwise again.
TLS_HEADER = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")

# What says that a request has a body, and how much of one that nobody wanted is read: more than the gateway takes.
BODY = (b"content-length", b"transfer-encoding")
UNREAD_MAX_BYTES = 16 << 20

# Nothing is guessed, run, framed, told to the next site or kept, unless the route says otherwise.
BROWSER_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


def at_the_edge(app: ASGIApp, settings: ServiceSettings) -> ASGIApp:
    """The application as requests reach it."""
    browser_headers = BROWSER_HEADERS + ((TLS_HEADER,) if settings.issuer.startswith("https://") else ())
    proof = (settings.edge_secret or "").encode() if settings.edge_only else None

    async def edge(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        send = _with_browser_headers(send, browser_headers)
        if any(name in BODY for name, _ in scope["headers"]):
            receive, send = _after_the_body(receive, send)
        names = [name for name, _ in scope["headers"] if name in ONCE]
        if len(set(names)) < len(names) or b"," in dict(scope["headers"]).get(b"host", b""):
            once = ", ".join(name.decode().title() for name in ONCE)
            await _refuse(send, InvalidRequest(f"A request has one of each of these headers: {once}."))
        elif proof is not None and not _is_for_everybody(scope["path"]) and not _proves(scope, proof):
            await _refuse(send, Forbidden("This address is not for clients. Call the API by its public one."))
        elif scope["method"] == "HEAD":
            scope["method"] = "GET"
            await app(scope, receive, _without_body(send))
        elif scope["method"] == "OPTIONS":
            # The framework's own answer leaves out methods of an address that has several handlers: what it says
            # about a method that nobody takes is right.
            scope["method"] = "?"
            await app(scope, receive, _only_allow(send))
        else:
            await app(scope, receive, send)

    return log_requests(edge)


def _after_the_body(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Answers only once the whole body is read, wanted or not.

    The connection of an answer that comes earlier is closed with the rest of the body in it, and a gateway that is
    still sending then knows no better than 503.
    """
    is_read = False

    async def receive_noting() -> Any:
        nonlocal is_read
        message = await receive()
        is_read = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def send_after(message: Message) -> None:
        left = UNREAD_MAX_BYTES
        while message["type"] == "http.response.start" and not is_read and left > 0:
            left -= len((await receive_noting()).get("body", b""))
        await send(message)

    return receive_noting, send_after


def _with_browser_headers(send: Send, browser_headers: Sequence[Header]) -> Send:
    async def send_careful(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"]]
            names = {name for name, _ in headers}
            message["headers"] = headers + [header for header in browser_headers if header[0] not in names]
        await send(message)

    return send_careful


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return send_head


def _only_allow(send: Send) -> Send:
    is_found = False

    async def send_allow(message: Message) -> None:
        nonlocal is_found
        if message["type"] == "http.response.start" and message["status"] == 405:
            is_found = True
            message["status"] = 204
            message["headers"] = [header for header in message["headers"] if header[0].lower() == b"allow"]
        elif message["type"] == "http.response.body" and is_found:
            message["body"] = b""
        await send(message)

    return send_allow


def _is_for_everybody(path: str) -> bool:
    return path.startswith(KEYS) or path.endswith(HEALTH)


def _proves(scope: Scope, proof: bytes) -> bool:
    given = dict(scope["headers"]).get(EDGE_HEADER.encode(), b"")
    return bool(proof) and hmac.compare_digest(given, proof)


async def _refuse(send: Send, error: TidemarkError) -> None:
    body = msgspec.json.encode(error.problem())
    headers = [(b"content-type", PROBLEM_MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
