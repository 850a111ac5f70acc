"""What this service asks of the users service, through the gateway and with the caller's own token."""

import functools
import ssl
from uuid import UUID

import httpx
import msgspec

from api.shared.errors import Unauthenticated, Unavailable

TIMEOUT_S = 5


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: it reads all certificate authorities, thirty milliseconds in which no request is served."""
    return httpx.create_ssl_context(trust_env=False)


class Me(msgspec.Struct):
    """Who the caller is and whether their identity is approved."""

    user_id: UUID
    approved: bool


class UsersClient:
    """Raises Unauthenticated when the users service does not know the token any more, Unavailable for all else."""

    def __init__(self, gateway_url: str) -> None:
        self._url = f"{gateway_url}/user/me"

    async def me(self, token: str) -> Me:
        """The caller, as the users service knows them."""
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, verify=_tls()) as client:
                answer = await client.get(self._url, headers={"Authorization": f"Bearer {token}"})
            if answer.status_code == 401:
                raise Unauthenticated()
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=Me)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise Unavailable() from error
