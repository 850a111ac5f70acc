"""OpenAPI pages at `/<service>/docs`, with Swagger UI served from this process: nothing is loaded from outside."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath

from api.shared.errors import NotFound

Finish = Callable[[dict[str, Any]], dict[str, Any]]

_ABOUT = """Amounts are integers in minor units; times are RFC 3339 UTC; errors are problem documents (RFC 9457).
What is not of the form documented here is 400; what has the form and can't be done is 404 or 409, by its code."""
_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-standalone-preset.js": "text/javascript",
    "swagger-ui.css": "text/css",
}

# Swagger UI starts by a script within the page, and makes styles.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def _asset_folder() -> Path | None:
    # Only the files of that package (swagger-ui-py) are used; its code is not imported.
    spec = find_spec("swagger_ui")
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) / "static" if folders else None


@get("/assets/{name:str}", include_in_schema=False, sync_to_thread=False, opt={"public": True})
def docs_asset(name: FromPath[str]) -> Response[bytes]:
    """One of the three files of Swagger UI."""
    folder = _asset_folder()
    if folder is None or name not in _ASSETS:
        raise NotFound()
    return Response(
        (folder / name).read_bytes(),
        media_type=_ASSETS[name],
        headers={"Cache-Control": "public, max-age=86400"},
    )


class _LocalSwagger(SwaggerRenderPlugin):
    def __init__(self, base: str, finish: Finish) -> None:
        super().__init__(
            js_url=f"{base}/assets/swagger-ui-bundle.js",
            css_url=f"{base}/assets/swagger-ui.css",
            standalone_preset_js_url=f"{base}/assets/swagger-ui-standalone-preset.js",
            favicon="",
            path="/",
        )
        self._finish = finish

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page."""
        return super().render(request, self._finish(openapi_schema))

    def receive_router(self, router: Router) -> None:
        """No OAuth redirect page: tokens come from `POST /user/login`."""


class _Json(JsonRenderPlugin):
    def __init__(self, finish: Finish) -> None:
        super().__init__(path="/openapi.json")
        self._finish = finish

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document."""
        return super().render(request, self._finish(openapi_schema))


def openapi_config(path: str, title: str, finish: Finish) -> OpenAPIConfig:
    """Documentation of one service below `/<path>/docs`, `openapi.json` beside it; `finish` completes it."""
    base = f"/{path}/docs"
    return OpenAPIConfig(
        title=title,
        version="1.0.0",
        description=_ABOUT,
        openapi_router=Router(
            base,
            route_handlers=[docs_asset],
            opt={"public": True},
            include_in_schema=False,
            response_headers={"Content-Security-Policy": _POLICY},
        ),
        render_plugins=[_LocalSwagger(base, finish), _Json(finish)],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"bearer": []}],
    )
