"""OpenAPI pages at `/<service>/docs`, with Swagger UI served from this process: nothing is loaded from outside."""

from importlib.util import find_spec
from pathlib import Path

from litestar import Response, Router, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath

from api.shared.errors import NotFound

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
    def receive_router(self, router: Router) -> None:
        """No OAuth redirect page: tokens come from `POST /user/login`."""


def openapi_config(path: str, title: str) -> OpenAPIConfig:
    """Documentation of one service below `/<path>/docs`, `openapi.json` beside it."""
    base = f"/{path}/docs"
    swagger = _LocalSwagger(
        js_url=f"{base}/assets/swagger-ui-bundle.js",
        css_url=f"{base}/assets/swagger-ui.css",
        standalone_preset_js_url=f"{base}/assets/swagger-ui-standalone-preset.js",
        favicon="",
        path="/",
    )
    return OpenAPIConfig(
        title=title,
        version="1.0.0",
        description="Amounts are integers in minor units; times are RFC 3339 UTC; errors are problem documents.",
        openapi_router=Router(
            base,
            route_handlers=[docs_asset],
            opt={"public": True},
            include_in_schema=False,
            response_headers={"Content-Security-Policy": _POLICY},
        ),
        render_plugins=[swagger, JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"bearer": []}],
    )
