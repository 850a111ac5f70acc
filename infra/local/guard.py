"""Who may talk to the pages for operators: Dagster, which has no sign-in of its own, and the documentation.

A web page of somebody else's runs in the same browser and reaches the same loopback ports. It shows by its Origin,
or, where its own name was made to resolve to 127.0.0.1 (DNS rebinding), by the Host that it asks for. Programs on
this machine send no Origin; those of other people are kept out by the password, where one is set.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple
from urllib.parse import parse_qs, urlsplit

from msgspec import Meta
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.shared.settings import Settings

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
OPERATOR = "operator"

OperatorPassword = Annotated[
    str | None,
    Meta(description=f"Dagster and dbt's documentation ask for it (user {OPERATOR}); else for none."),
]


@dataclass(frozen=True, kw_only=True)
class GuardSettings(Settings):
    """For the processes that serve these pages."""

    operator_password: OperatorPassword = field(default=None, repr=False)
    operator_host: Annotated[
        str | None, Meta(description="A name, beside the loopback's, by which these pages are reached.")
    ] = None


class Refusal(NamedTuple):
    """The answer to a request that is not let through."""

    status: int
    reason: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Guard:
    """Judges requests by what every HTTP server knows of them. `password` and the server's `name` are optional."""

    password: str | None = field(default=None, repr=False)
    name: str | None = None

    def refusal(self, method: str, target: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request for `target` (path and query) is refused; None when it may pass.

        `headers` are looked up by small letters.
        """
        host = headers.get("host") or ""
        if _name_of(host) not in self._names:
            return Refusal(403, "This server is reached as 127.0.0.1 or localhost only.", {})
        origin = headers.get("origin")
        # An SSH tunnel may change the port: what counts is not this server's but the page's own address.
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return Refusal(403, "Other sites' pages may not talk to this server.", {})
        if method not in ("GET", "HEAD") and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return Refusal(403, "Other sites' pages may not talk to this server.", {})
        if method == "GET" and "query" in parse_qs(urlsplit(target).query, keep_blank_values=True):
            return Refusal(405, "GraphQL is asked by POST.", {"Allow": "POST"})
        if self.password and not self._is_right(headers.get("authorization") or ""):
            return Refusal(401, "Sign in as operator.", {"WWW-Authenticate": 'Basic realm="Tidemark"'})
        return None

    def authorization(self) -> dict[str, str]:
        """The headers by which the bank's own programs pass."""
        if not self.password:
            return {}
        token = base64.b64encode(f"{OPERATOR}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {token}"}

    @property
    def _names(self) -> frozenset[str]:
        return LOOPBACK_NAMES | {self.name} if self.name else LOOPBACK_NAMES

    def _is_right(self, authorization: str) -> bool:
        return secrets.compare_digest(authorization.encode(), self.authorization()["Authorization"].encode())


class GuardedApp:
    """An ASGI application behind the guard, its websockets too."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] in ("http", "websocket"):
            target = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
            refusal = self._guard.refusal(scope.get("method", "GET"), target, Headers(scope=scope))
            if refusal and scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": refusal.reason})
                return
            if refusal:
                answer = PlainTextResponse(f"{refusal.reason}\n", refusal.status, dict(refusal.headers))
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _name_of(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
