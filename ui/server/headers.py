"""What every answer of the app's server carries, and what it never answers."""

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.pages import ADDRESSES, LOST
from ui.server.routes import COOKIE_NAME
from ui.server.sessions import store
from ui.settings import settings

# Counters and driving by programs are for operators of a Streamlit server, not for a bank's visitors.
CLOSED_PATHS = ("/_stcore/metrics", "/_stcore/agent")
# A load balancer asks each instance by its number.
HEALTH_PATH = "/_stcore/health"
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
# Downloads: statements lie there for as long as the page that offers them is open.
PRIVATE_PATHS = ("/media/",)
# Where the government photo is taken.
CAMERA_PATHS = ("/identity",)
# What is no page although a browser may ask for it as for one, such as a download.
FILE_PATHS = ("/media/", "/static/", "/component/", "/_stcore/")
NOTHING_ELSE = "geolocation=(), microphone=(), payment=()"


def _inline_script_hashes() -> str:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text()
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def content_security_policy(*, has_camera: bool = False) -> str:
    """The policy of the app's pages.

    Nothing comes from another place. `blob:` is how Streamlit loads the code of our own components;
    styles are made in the browser, which needs 'unsafe-inline' for styles (never for scripts). A photo taken by
    the camera is a `data:` address within the page, which the page fetches.
    """
    connect = "connect-src 'self' data:" if has_camera else "connect-src 'self'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' blob: {_inline_script_hashes()}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            connect,
            "manifest-src 'self'",
            "worker-src 'self' blob:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def is_by_an_own_name(connection: HTTPConnection) -> bool:
    """Whether the app is asked by a name of its own: a page whose name was made to resolve to ours is not it."""
    try:
        name = urlsplit(f"//{connection.headers.get('host', '')}").hostname
    except ValueError:
        return False
    return name in LOOPBACK_NAMES or name == urlsplit(settings().ui_url).hostname


def is_of_this_app(connection: HTTPConnection) -> bool:
    """Whether no page of another origin asks; Streamlit itself compares only the host, and not the port."""
    origin = connection.headers.get("origin")
    host = connection.headers.get("host")
    return origin is None or origin in (f"http://{host}", f"https://{host}")


def is_page_of_nobody(connection: HTTPConnection, method: str) -> bool:
    """Whether a browser asks for a page that the app has not; files and calls say so themselves."""
    path = connection.url.path
    return (
        method == "GET"
        and "text/html" in connection.headers.get("accept", "")
        and (path.rstrip("/") or "/") not in ADDRESSES
        and not path.startswith(FILE_PATHS)
    )


class SecurityHeaders:
    """ASGI middleware: closes what is not for visitors and adds the headers of a careful site."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = {
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        self._pages = {
            has_camera: {
                "Content-Security-Policy": content_security_policy(has_camera=has_camera),
                "Permissions-Policy": f"camera=({'self' if has_camera else ''}), {NOTHING_ELSE}",
            }
            for has_camera in (False, True)
        }
        if settings().is_https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        connection = HTTPConnection(scope) if scope["type"] in ("http", "websocket") else None
        is_misled = connection is not None and not is_by_an_own_name(connection)
        if scope["type"] == "websocket" and (is_misled or not is_of_this_app(HTTPConnection(scope))):
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        is_private = path.startswith(PRIVATE_PATHS)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (self._headers | self._pages[path in CAMERA_PATHS]).items():
                    headers[name] = value
                if is_private:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        if is_misled and path != HEALTH_PATH:
            await PlainTextResponse("This app has another address.\n", 403)(scope, receive, send_with_headers)
            return
        if is_page_of_nobody(HTTPConnection(scope), scope["method"]):
            await RedirectResponse(f"/{LOST.name}")(scope, receive, send_with_headers)
            return
        is_closed = path.startswith(CLOSED_PATHS)
        if is_closed or (
            is_private and store.find(HTTPConnection(scope).cookies.get(settings().cookie(COOKIE_NAME))) is None
        ):
            await Response(status_code=404)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)
