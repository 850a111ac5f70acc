"""Which call leads to which function, and which ones API Gateway lets through without a valid token: as on AWS."""

from collections.abc import Mapping

from infra.local.services import SERVICES, Service

# Beside health, documentation and OPTIONS, which every service answers to anybody.
OPEN: Mapping[str, tuple[str, ...]] = {
    # A refresh takes a token that is over, which the authorizer would refuse; the service looks at it itself.
    "users": (
        "POST /user/create",
        "POST /user/login",
        "POST /user/recovery",
        "POST /user/refresh",
        "GET /.well-known/{proxy+}",
    ),
    "accounts": ("GET /account/currencies",),
}


def _public(service: Service) -> tuple[str, ...]:
    return (
        f"GET {service.health_path}",
        f"GET {service.docs_path}",
        f"GET {service.docs_path}/{{proxy+}}",
        *OPEN.get(service.name, ()),
        *(f"OPTIONS {prefix}{{proxy+}}" for prefix in service.prefixes),
        *(f"OPTIONS {path}" for path in service.root),
    )


PUBLIC: Mapping[str, tuple[str, ...]] = {name: _public(service) for name, service in SERVICES.items()}
PRIVATE: Mapping[str, tuple[str, ...]] = {
    name: (f"ANY {service.prefixes[0]}{{proxy+}}", *(f"ANY {path}" for path in service.root))
    for name, service in SERVICES.items()
}
