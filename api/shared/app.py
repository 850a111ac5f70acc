"""Makes a service's application: the same object runs under an ASGI server and behind Lambda."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.types import ControllerRouterHandler

from api.shared.auth import provide_principal, provide_transaction, require_principal
from api.shared.database import AsyncEngine, provide_autocommit
from api.shared.docs import openapi_config
from api.shared.edge import at_the_edge
from api.shared.health import health_route
from api.shared.negotiation import require_acceptable
from api.shared.openapi import complete
from api.shared.pages import enter_list
from api.shared.parameters import require_known_parameters
from api.shared.problems import handle_exception
from api.shared.request_log import configure_logging
from api.shared.settings import ServiceSettings
from api.shared.strict_json import StrictRequest
from api.shared.tokens import KeySource, TokenVerifier, jwks_from_gateway


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of every route. The framework copies each guard for each request, and calls one that is a plain
    function in a thread, which cost a transfer a fifth of its time: so there is one, and it is asynchronous."""
    await require_principal(connection, handler)
    require_acceptable(connection, handler)
    require_known_parameters(connection, handler)
    await enter_list(connection, handler)


def make_app(
    *,
    name: str,
    path: str,
    settings: ServiceSettings,
    controllers: Sequence[ControllerRouterHandler],
    dependencies: Mapping[str, Provide] | None = None,
    state: Mapping[str, Any] | None = None,
    key_source: KeySource | None = None,
    max_body_bytes: int = 1 << 20,
    refusals: Mapping[str, str] | None = None,
    enums: Mapping[str, Sequence[str]] | None = None,
    webhooks: Callable[[], dict[str, Any]] = dict,
) -> Litestar:
    """One service.

    `name` is the service (users), `path` its prefix in URLs (user). Handlers may ask for `principal`,
    `transaction` (committed before the answer, if the caller's session still lives), `autocommit` and whatever
    `dependencies` adds; `state` is reached as `state.<key>` beside `state.engine`, `state.settings`,
    `state.tokens`. `refusals`, `enums` and `webhooks` complete the documentation (api/shared/openapi.py).
    Nothing is connected or fetched before the first request, so a Lambda start stays short.
    """
    configure_logging()
    engine = AsyncEngine(settings)

    @cache
    def document() -> dict[str, Any]:
        return complete(app.openapi_schema.to_schema(), name, refusals or {}, enums or {}, webhooks())

    app = Litestar(
        route_handlers=[health_route(name, path), *controllers],
        dependencies={
            "principal": Provide(provide_principal),
            "transaction": Provide(provide_transaction),
            "autocommit": Provide(provide_autocommit),
            **(dependencies or {}),
        },
        guards=[admit],
        request_class=StrictRequest,
        exception_handlers={Exception: handle_exception},
        openapi_config=openapi_config(path, f"Tidemark {name}", lambda _: document()),
        on_shutdown=[engine.dispose],
        request_max_body_size=max_body_bytes,
        state=State(
            {
                "engine": engine,
                "settings": settings,
                "tokens": TokenVerifier(
                    issuer=settings.issuer,
                    audience=settings.audience,
                    key_source=key_source or jwks_from_gateway(settings.gateway_url),
                ),
                **(state or {}),
            },
            deep_copy=False,
        ),
        logging_config=None,
        debug=False,
    )
    app.asgi_handler = at_the_edge(app.asgi_handler, settings)
    return app
