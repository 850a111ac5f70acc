"""`/.well-known`: the public keys, for the other services, API Gateway's authorizer and anyone else."""

from typing import Any

from litestar import Controller, Response, get
from litestar.datastructures import State

from api.shared.problems import problems
from api.shared.tokens import ALGORITHM

# Shorter than any time a new key is published before it signs.
CACHED = {"Cache-Control": "public, max-age=300"}


class WellKnownController(Controller):
    path = "/.well-known"
    tags = ("keys",)
    opt = {"public": True}  # noqa: RUF012 - as the base class declares it
    security = ({},)

    @get("/jwks.json", operation_id="GetKeys", responses=problems())
    async def jwks(self, state: State) -> Response[dict[str, Any]]:
        """The public keys of all tokens that may still be presented (RFC 7517)."""
        return Response(await state.services.public_keys(), headers=CACHED)

    @get("/openid-configuration", operation_id="GetIssuer", sync_to_thread=False, responses=problems())
    def configuration(self, state: State) -> Response[dict[str, Any]]:
        """Where the keys are, as an authorizer looks it up (OpenID Connect Discovery)."""
        issuer = state.settings.issuer.rstrip("/")
        document = {
            "issuer": state.settings.issuer,
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }
        return Response(document, headers=CACHED)
