"""Encrypts single fields with AES-256-GCM: nonce (12 bytes), ciphertext, tag (16 bytes).

The associated data binds table, column, user and data key: a ciphertext put into another row or column does not
decrypt, it raises an alarm.
"""

import logging
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.shared.errors import TidemarkError
from api.users.crypto.data_keys import DataKey
from api.users.crypto.master_key import NONCE_BYTES

logger = logging.getLogger("tidemark.security")


class Unreadable(TidemarkError):
    """What is stored cannot be decrypted. The caller learns no more than that something is wrong."""


def encrypt(key: DataKey, table: str, column: str, plain: bytes) -> bytes:
    """`plain` under the user's key, readable again only as this column of this user."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key.secret).encrypt(nonce, plain, _associated(key, table, column))


def decrypt(key: DataKey, table: str, column: str, sealed: bytes) -> bytes:
    """What `encrypt` was given. Raises Unreadable and logs an alarm when it was not made for this place."""
    try:
        return AESGCM(key.secret).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _associated(key, table, column)
        )
    except (InvalidTag, ValueError):
        alarm("a ciphertext does not belong where it stands", key.user_id, f"{table}.{column}")
        raise Unreadable from None


def alarm(message: str, user_id: UUID, place: str) -> None:
    """Logs something that only damage or tampering explains."""
    logger.error(message, extra={"fields": {"alarm": True, "user_id": str(user_id), "place": place}})


def _associated(key: DataKey, table: str, column: str) -> bytes:
    return f"tidemark\0{table}\0{column}\0{key.user_id}\0{key.id}".encode()
