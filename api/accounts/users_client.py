"""What this service asks of the users service, through the gateway and with the caller's own token."""

from uuid import UUID

import httpx
import msgspec

from api.shared.errors import Unauthenticated, Unavailable
from api.shared.http import make_client

TIMEOUT_S = 5


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
            async with make_client(TIMEOUT_S) as client:
                answer = await client.get(self._url, headers={"Authorization": f"Bearer {token}"})
            if answer.status_code == 401:
                raise Unauthenticated()
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=Me)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise Unavailable() from error
