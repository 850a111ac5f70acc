"""Checks access tokens: RFC 9068 (`typ: at+jwt`), RS256 and nothing else, with the bank's own public keys."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import jwt
import msgspec

from api.shared.errors import Unauthenticated, Unavailable
from api.shared.http import make_client

ALGORITHM = "RS256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the registered media type, not a secret
CLOCK_SKEW_S = 5
KEYS_MAX_AGE_S = 300
UNKNOWN_KEY_RETRY_S = 5
CACHE_SIZE = 10_000

KeySource = Callable[[], Awaitable[dict[str, Any]]]


class Claims(msgspec.Struct, frozen=True):
    """What a verified token says; whether its session still lives is asked of the database every time."""

    user_id: UUID
    session_id: UUID
    scope: str
    expires_at: int


def jwks_from_gateway(gateway_url: str) -> KeySource:
    """A source that asks the users service for its public keys (RFC 7517) over HTTP."""

    async def fetch() -> dict[str, Any]:
        try:
            async with make_client(timeout_s=3) as client:
                answer = await client.get(f"{gateway_url}/.well-known/jwks.json")
                answer.raise_for_status()
                return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable() from error

    return fetch


class TokenVerifier:
    """Verifies signatures with cached keys, and remembers verified tokens (about 110 µs saved on each request)."""

    def __init__(self, *, issuer: str, audience: str, key_source: KeySource) -> None:
        self._issuer = issuer
        self._audience = audience
        self._source = key_source
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._verified: OrderedDict[str, Claims] = OrderedDict()

    async def verify(self, token: str, *, expired_grace_s: int = 0) -> Claims:
        """The claims of a token that this bank issued and that has not expired, or has by at most the grace.

        Raises Unauthenticated whatever is wrong with the token, Unavailable when no public key can be had.
        """
        await self._refresh_when_old()
        claims = self._verified.get(token)
        if claims is None:
            claims = await self._decode(token)
            self._verified[token] = claims
            if len(self._verified) > CACHE_SIZE:
                self._verified.popitem(last=False)
        if claims.expires_at + expired_grace_s <= time.time():
            raise Unauthenticated("The access token has expired.")
        return claims

    async def _decode(self, token: str) -> Claims:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TOKEN_TYPE or header.get("alg") != ALGORITHM:
                raise Unauthenticated()
            payload = jwt.decode(
                token,
                await self._key(str(header.get("kid"))),
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=CLOCK_SKEW_S,
                options={
                    "require": ["iss", "aud", "sub", "sid", "scope", "iat", "exp", "jti"],
                    "verify_exp": False,
                },
            )
            return Claims(
                user_id=UUID(payload["sub"]),
                session_id=UUID(payload["sid"]),
                scope=str(payload["scope"]),
                expires_at=int(payload["exp"]),
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Unauthenticated() from error

    async def _key(self, key_id: str) -> jwt.PyJWK:
        if key_id not in self._keys and time.monotonic() - self._fetched_at > UNKNOWN_KEY_RETRY_S:
            await self._fetch()
        if key_id not in self._keys:
            raise Unauthenticated()
        return self._keys[key_id]

    async def _refresh_when_old(self) -> None:
        if time.monotonic() - self._fetched_at <= KEYS_MAX_AGE_S:
            return
        try:
            await self._fetch()
        except Unavailable:
            # Keys change seldom; the session's own check still decides, so yesterday's keys are good enough.
            if not self._keys:
                raise

    async def _fetch(self) -> None:
        document = await self._source()
        keys = {str(key["kid"]): jwt.PyJWK(key, algorithm=ALGORITHM) for key in document["keys"]}
        if keys.keys() != self._keys.keys():
            self._verified.clear()
        self._keys = keys
        self._fetched_at = time.monotonic()
