"""Which call leads to which function, and which ones API Gateway lets through without a valid token: as on AWS."""

from collections.abc import Mapping

# A refresh takes a token that is over, which the authorizer would refuse; the service looks at it itself.
PUBLIC: Mapping[str, tuple[str, ...]] = {
    "users": (
        "GET /user/health",
        "POST /user/create",
        "POST /user/login",
        "POST /user/refresh",
        "GET /user/docs",
        "GET /user/docs/{proxy+}",
        "GET /.well-known/{proxy+}",
        "OPTIONS /user/{proxy+}",
        "OPTIONS /.well-known/{proxy+}",
    ),
    "accounts": (
        "GET /account/health",
        "GET /account/currencies",
        "GET /account/docs",
        "GET /account/docs/{proxy+}",
        "OPTIONS /account/{proxy+}",
    ),
    "stats": ("GET /stats/health", "GET /stats/docs", "GET /stats/docs/{proxy+}", "OPTIONS /stats/{proxy+}"),
}
PRIVATE: Mapping[str, tuple[str, ...]] = {
    "users": ("ANY /user/{proxy+}",),
    "accounts": ("ANY /account/{proxy+}",),
    "stats": ("ANY /stats/{proxy+}",),
}
