"""The app's own HTTP routes: trading a ticket for the session cookie, dropping the cookie, the icon."""

from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ui.server.sessions import store
from ui.settings import settings

SESSION_PATH = "/session"
COOKIE_NAME = "tidemark_session"
_ICON = Path(__file__).parent.parent / "assets" / "mark.svg"
_BODY_MAX_BYTES = 512


class _Trade(msgspec.Struct, forbid_unknown_fields=True):
    ticket: str


async def _keep(request: Request) -> Response:
    if not _is_from_this_app(request):
        return Response(status_code=403)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_MAX_BYTES:
            return Response(status_code=413)
    try:
        trade = msgspec.json.decode(body, type=_Trade)
    except msgspec.MsgspecError:
        return Response(status_code=400)
    handle = store.trade(trade.ticket)
    if handle is None:
        return Response(status_code=403)
    response = Response(status_code=204)
    # No max-age: the cookie goes with the browser session, the sign-in itself much earlier.
    response.set_cookie(
        settings().cookie(COOKIE_NAME),
        handle,
        httponly=True,
        samesite="strict",
        secure=settings().is_https,
        path="/",
    )
    return response


async def _drop(request: Request) -> Response:
    if not _is_from_this_app(request):
        return Response(status_code=403)
    response = Response(status_code=204)
    response.delete_cookie(
        settings().cookie(COOKIE_NAME), httponly=True, samesite="strict", secure=settings().is_https, path="/"
    )
    return response


def _is_from_this_app(request: Request) -> bool:
    # Someone else's page must not be able to sign a visitor in as someone else, or out. JSON makes
    # browsers ask first (and nobody answers), the origin is checked for those that do not.
    origin = request.headers.get("origin", "")
    is_same_origin = urlsplit(origin).netloc == request.headers.get("host") != ""
    return is_same_origin and request.headers.get("content-type") == "application/json"


async def _icon(_: Request) -> Response:
    return FileResponse(_ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


routes = [
    Route(SESSION_PATH, _keep, methods=["POST"]),
    Route(SESSION_PATH, _drop, methods=["DELETE"]),
    # The page asks for this name; a picture's type is told by its header, not by its name.
    Route("/favicon.png", _icon, methods=["GET"]),
]
