"""Which path leads to which function, and which ones API Gateway lets through without a valid token."""

from collections.abc import Mapping

PATHS: Mapping[str, str] = {"user": "users", ".well-known": "users", "account": "accounts", "stats": "stats"}
# A refresh takes a token that has just expired, which the authorizer would refuse; the service looks at it itself.
OPEN = (
    "POST /user/create",
    "POST /user/login",
    "POST /user/refresh",
    "ANY /.well-known/{proxy+}",
    "ANY /account/currencies",
    *(
        f"ANY /{path}/{page}"
        for path in ("user", "account", "stats")
        for page in ("health", "docs", "docs/{proxy+}")
    ),
)


def routes() -> Mapping[str, tuple[str, bool]]:
    """Route key → (function, whether a valid token is needed)."""
    closed = {f"ANY /{path}/{{proxy+}}": (service, True) for path, service in PATHS.items()}
    return closed | {key: (PATHS[key.split("/")[1]], False) for key in OPEN}
