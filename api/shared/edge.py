"""Before routing: every request is logged, names one host, and HEAD is GET without a body (RFC 9110).

After it: what a browser must know of an answer that it was never meant to show.
"""

import hmac

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.shared.errors import Forbidden, InvalidRequest, TidemarkError
from api.shared.problems import PROBLEM_MEDIA_TYPE
from api.shared.request_log import log_requests
from api.shared.settings import ServiceSettings

EDGE_HEADER = "x-tidemark-edge"
# API Gateway's authorizer, which reads the keys from outside, can prove nothing; who asks after health need not.
KEYS, HEALTH = "/.well-known/", "/health"

# Nothing is guessed, run, framed, told to the next site or kept, unless the route says otherwise.
BROWSER_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


def at_the_edge(app: ASGIApp, settings: ServiceSettings) -> ASGIApp:
    """The application as requests reach it."""
    proof = (settings.edge_secret or "").encode() if settings.edge_only else None

    async def edge(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        send = _with_browser_headers(send)
        if b"," in b",".join(value for name, value in scope["headers"] if name == b"host"):
            await _refuse(send, InvalidRequest("A request names one host, in one Host header."))
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


def _with_browser_headers(send: Send) -> Send:
    async def send_careful(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"]]
            names = {name for name, _ in headers}
            message["headers"] = headers + [header for header in BROWSER_HEADERS if header[0] not in names]
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
