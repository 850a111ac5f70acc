"""What this service asks of the accounts service, through the gateway and with the caller's own token."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import msgspec

from api.shared.errors import Conflict, Forbidden, Unauthenticated, Unavailable
from api.shared.http import make_client

ATTEMPTS = 3
PAUSE_S = 0.2
TIMEOUT_S = 4


class _Problem(msgspec.Struct):
    detail: str
    code: str
    items: list[Any] | None = None


class AccountsClient:
    """Both calls are idempotent there, so a lost answer is asked for again.

    Raises Conflict with the other service's code, detail and items, Unauthenticated and Forbidden as they are, and
    Unavailable for all else.
    """

    def __init__(self, gateway_url: str) -> None:
        self._gateway_url = gateway_url

    async def approve(self, user_id: UUID, token: str) -> None:
        """Approves every account of a user."""
        await self._call("POST", f"/account/user/{user_id}/approve", token)

    async def close_all(self, user_id: UUID, token: str) -> None:
        """Closes every account of a user, or none when one holds money."""
        await self._call("DELETE", f"/account/user/{user_id}", token)

    async def _call(self, method: str, path: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        async with make_client(TIMEOUT_S) as client:
            for attempt in range(ATTEMPTS):
                if attempt:
                    await asyncio.sleep(PAUSE_S * attempt)
                try:
                    answer = await client.request(method, self._gateway_url + path, headers=headers)
                except httpx.TransportError:
                    continue
                if answer.is_success:
                    return
                if answer.status_code < 500 and answer.status_code != 429:
                    raise _translate(answer)
        raise Unavailable("The accounts cannot be reached just now. Repeat the call to finish it.")


def _translate(answer: httpx.Response) -> Exception:
    if answer.status_code == 401:
        return Unauthenticated()
    if answer.status_code == 403:
        return Forbidden()
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.DecodeError:
        return Unavailable()
    if answer.status_code == 409:
        return Conflict(problem.detail, code=problem.code, items=problem.items)
    return Unavailable()
