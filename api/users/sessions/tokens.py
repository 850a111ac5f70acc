"""Writes access tokens as RFC 9068 describes them."""

import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import jwt

from api.shared.tokens import ALGORITHM, TOKEN_TYPE
from api.users.crypto.signing import SigningKey
from api.users.sessions.schemas import AccessToken

ACCESS_TOKEN_S = 900


@dataclass(frozen=True)
class TokenIssuer:
    """Signs tokens for one issuer and audience."""

    issuer: str
    audience: str

    def for_person(self, key: SigningKey, user_id: UUID, session_id: UUID, ends_at: datetime) -> AccessToken:
        """A token good for 15 minutes, or until the session ends if that is earlier."""
        now = int(time.time())
        expires = min(now + ACCESS_TOKEN_S, int(ends_at.timestamp()))
        return AccessToken(self._sign(key, user_id, session_id, "bank", now, expires), expires - now)

    def for_program(self, key: SigningKey, user_id: UUID, session_id: UUID, ends_at: datetime) -> str:
        """A token good until its session ends."""
        expires = int(ends_at.timestamp())
        return self._sign(key, user_id, session_id, "stats:read", int(time.time()), expires)

    def _sign(
        self, key: SigningKey, user_id: UUID, session_id: UUID, scope: str, issued: int, expires: int
    ) -> str:
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(user_id),
            "sid": str(session_id),
            "scope": scope,
            "iat": issued,
            "exp": expires,
            "jti": uuid4().hex,
        }
        headers = {"typ": TOKEN_TYPE, "kid": key.id}
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers=headers)
