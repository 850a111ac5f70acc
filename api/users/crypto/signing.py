"""RS256 keys (3072 bits) that sign access tokens: made, published ahead of use, kept until the last token is gone.

API Gateway's JWT authorizer keeps a fetched key set for up to two hours, so a new key is published for longer than
that before it signs.
"""

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from jwt.algorithms import RSAAlgorithm

from api.shared.database import AsyncConnection
from api.shared.tokens import ALGORITHM
from api.users.crypto import repository
from api.users.crypto.master_key import MasterKey, unwrap_own

KEY_BITS = 3072


@dataclass(frozen=True)
class SigningKey:
    """The key that signs now; `id` is the token's `kid`."""

    id: str
    private: RSAPrivateKey = field(repr=False)


class SigningKeys:
    """Finds the key to sign with; the first process to come makes the first one."""

    def __init__(self, master_key: MasterKey) -> None:
        self._master = master_key
        self._unwrapped: dict[str, SigningKey] = {}

    async def current(self, connection: AsyncConnection) -> SigningKey:
        """The newest key whose time has come."""
        row = await repository.signing_key(connection)
        if row is None:
            await repository.lock_table(connection, "signing_key")
            row = await repository.signing_key(connection)
        if row is None:
            await self.add(connection, lead_s=0)
            row = await repository.signing_key(connection)
        if row.id not in self._unwrapped:
            der = await asyncio.to_thread(
                unwrap_own, self._master, row.master_key_id, row.private_key, signing_key_context(row.id)
            )
            private = load_der_private_key(der, None)
            assert isinstance(private, RSAPrivateKey)
            self._unwrapped[row.id] = SigningKey(row.id, private)
        return self._unwrapped[row.id]

    async def add(self, connection: AsyncConnection, *, lead_s: float) -> str:
        """Makes a key, published at once, that signs after `lead_s` seconds; returns its id."""
        key_id = f"sign-{secrets.token_hex(8)}"
        jwk, master_key_id, wrapped = await asyncio.to_thread(self._make, key_id)
        values = {
            "id": key_id,
            "public_jwk": json.dumps(jwk),
            "private_key": wrapped,
            "master_key_id": master_key_id,
            "lead_s": lead_s,
        }
        await repository.insert_signing_key(connection, values)
        return key_id

    async def jwks(self, connection: AsyncConnection) -> dict[str, Any]:
        """Public keys (RFC 7517) of all tokens that can still be presented, and of those to come."""
        await self.current(connection)
        return {"keys": await repository.public_jwks(connection)}

    async def prune(self, connection: AsyncConnection) -> None:
        """Deletes keys whose last token has expired."""
        await repository.prune_signing_keys(connection)

    def _make(self, key_id: str) -> tuple[dict[str, Any], str, bytes]:
        private = generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        jwk = {"kty": "RSA", "use": "sig", "alg": ALGORITHM, "kid": key_id, "n": public["n"], "e": public["e"]}
        der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return jwk, *self._master.wrap(der, signing_key_context(key_id))


def signing_key_context(key_id: str) -> dict[str, str]:
    """What wrapping a signing key is bound to."""
    return {"purpose": "signing-key", "key_id": key_id}
