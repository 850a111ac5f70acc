"""Whose tokens are believed."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from api.shared import tokens
from api.shared.errors import TidemarkError, Unauthenticated, Unavailable
from api.shared.tokens import TokenVerifier

USER, SESSION = uuid4(), uuid4()
KEYS = {kid: generate_private_key(public_exponent=65537, key_size=2048) for kid in ("one", "two", "stranger")}


def token(*, kid: str = "one", key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
    now = int(time.time())
    payload = {
        "iss": "bank",
        "aud": "tidemark",
        "sub": str(USER),
        "sid": str(SESSION),
        "scope": "bank",
        "iat": now,
        "exp": now + 900,
        "jti": "1",
    } | claims
    headers = {"typ": "at+jwt", "alg": "RS256", "kid": kid} | (header or {})
    return jwt.encode(
        {name: value for name, value in payload.items() if value is not None},
        key or KEYS[kid],
        algorithm=headers["alg"],
        headers=headers,
    )


class Source:
    """Gives the public keys named in `published`, or fails."""

    def __init__(self) -> None:
        self.published = ["one"]
        self.fault: Exception | None = None
        self.calls = 0

    async def __call__(self) -> dict[str, Any]:
        self.calls += 1
        if self.fault:
            raise self.fault
        return {"keys": [{"kid": kid} | public_jwk(KEYS[kid]) for kid in self.published]}


def public_jwk(key: RSAPrivateKey) -> dict[str, Any]:
    return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def verifier(source: Source) -> TokenVerifier:
    return TokenVerifier(issuer="bank", audience="tidemark", key_source=source)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the monotonic clock that ages keys."""
    offset = 0.0
    real = time.monotonic
    monkeypatch.setattr(tokens.time, "monotonic", lambda: real() + offset)

    def move(seconds: float) -> None:
        nonlocal offset
        offset += seconds

    return move


def verify(verifier: TokenVerifier, sent: str, grace_s: int = 0) -> tokens.Claims:
    return asyncio.run(verifier.verify(sent, expired_grace_s=grace_s))


def refusal(verifier: TokenVerifier, sent: str) -> type[TidemarkError]:
    with pytest.raises(TidemarkError) as refused:
        verify(verifier, sent)
    return type(refused.value)


def unsigned(header: dict[str, Any]) -> str:
    parts = [header, jwt.decode(token(), options={"verify_signature": False})]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, ""])


class TestVerify:
    def test_gives_the_claims(self, verifier: TokenVerifier, source: Source) -> None:
        sent = token()
        for _ in range(2):
            claims = verify(verifier, sent)
            assert (claims.user_id, claims.session_id, claims.scope) == (USER, SESSION, "bank")
        assert source.calls == 1

    @pytest.mark.parametrize(
        "sent",
        [
            "",
            "a.b.c",
            "not a token",
            token() + "x",
            token()[:-10],
            token(header={"typ": "JWT"}),
            token(header={"typ": None}),
            token(header={"alg": "RS512"}),
            token(header={"alg": "PS256"}),
            unsigned({"typ": "at+jwt", "alg": "RS256"}),
            token(header={"kid": "unknown"}),
            token(key=KEYS["stranger"]),
            token(iss="other"),
            token(iss=None),
            token(aud="other"),
            token(aud=None),
            token(sub="nobody"),
            token(sub=None),
            token(sid="none"),
            token(sid=None),
            token(scope=None),
            token(jti=None),
            token(iat=None),
            token(exp=None),
            token(exp="soon"),
            token(iat=int(time.time()) + 3600),
            unsigned({"typ": "at+jwt", "alg": "none", "kid": "one"}),
            unsigned({"typ": "at+jwt", "alg": "RS256", "kid": "one"}),
        ],
    )
    def test_refuses(self, verifier: TokenVerifier, sent: str) -> None:
        assert refusal(verifier, sent) is Unauthenticated

    def test_a_public_key_is_no_shared_secret(self, verifier: TokenVerifier) -> None:
        public = KEYS["one"].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        signed = unsigned({"typ": "at+jwt", "alg": "HS256", "kid": "one"})[:-1]
        mac = hmac.digest(public, signed.encode(), "sha256")
        forged = f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
        assert refusal(verifier, forged) is Unauthenticated

    def test_a_key_named_in_the_token_is_not_looked_at(self, verifier: TokenVerifier) -> None:
        for header in ({"jwk": public_jwk(KEYS["stranger"])}, {"jku": "http://127.0.0.1:1/keys"}):
            assert refusal(verifier, token(key=KEYS["stranger"], header=header)) is Unauthenticated

    def test_expires_also_when_it_was_seen_before(
        self, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent = token()
        verify(verifier, sent)
        now = time.time()
        monkeypatch.setattr(tokens.time, "time", lambda: now + 901)
        assert refusal(verifier, sent) is Unauthenticated
        assert verify(verifier, sent, grace_s=900).user_id == USER
        monkeypatch.setattr(tokens.time, "time", lambda: now + 1801)
        with pytest.raises(Unauthenticated):
            verify(verifier, sent, grace_s=900)

    def test_only_so_many_are_remembered(self, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tokens, "CACHE_SIZE", 3)
        for number in range(6):
            verify(verifier, token(jti=str(number)))
        assert len(verifier._verified) == 3


class TestKeys:
    def test_a_new_key_is_fetched_when_met(
        self, verifier: TokenVerifier, source: Source, clock: Callable[[float], None]
    ) -> None:
        verify(verifier, token())
        source.published = ["one", "two"]
        clock(6)
        assert verify(verifier, token(kid="two")).user_id == USER
        assert source.calls == 2

    def test_made_up_key_ids_do_not_flood_the_source(self, verifier: TokenVerifier, source: Source) -> None:
        for number in range(20):
            assert refusal(verifier, token(header={"kid": str(number)})) is Unauthenticated
        assert source.calls == 1

    def test_a_withdrawn_key_is_no_longer_believed(
        self, verifier: TokenVerifier, source: Source, clock: Callable[[float], None]
    ) -> None:
        sent = token()
        verify(verifier, sent)
        source.published = ["two"]
        clock(301)
        assert refusal(verifier, sent) is Unauthenticated

    def test_without_the_source_yesterdays_keys_do(
        self, verifier: TokenVerifier, source: Source, clock: Callable[[float], None]
    ) -> None:
        verify(verifier, token())
        source.fault = Unavailable()
        clock(301)
        assert verify(verifier, token(jti="2")).session_id == SESSION

    def test_without_any_key_nothing_is_let_through(self, verifier: TokenVerifier, source: Source) -> None:
        source.fault = Unavailable()
        assert refusal(verifier, token()) is Unavailable

    def test_over_http_a_broken_answer_is_unavailable(self) -> None:
        verifier = TokenVerifier(
            issuer="bank", audience="tidemark", key_source=tokens.jwks_from_gateway("http://127.0.0.1:1")
        )
        assert refusal(verifier, token()) is Unavailable
