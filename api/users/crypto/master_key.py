"""The master key wraps every other key: AWS KMS, or a key file on one machine.

Calls block (a file, or the network): run them in a thread. What is wrapped is bound to a context, such as the
user it belongs to; unwrapping with another context fails.
"""

import base64
import json
import logging
import os
import secrets
import stat
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.shared.aws import aws_errors, make_client
from api.shared.settings import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

logger = logging.getLogger("tidemark.security")

KEY_BYTES = 32
NONCE_BYTES = 12
KMS_REFUSALS = ("InvalidCiphertextException", "IncorrectKeyException", "NotFoundException")


class UnwrapError(Exception):
    """A wrapped key is damaged, was wrapped for something else, or its master key is gone."""


class MasterKey(Protocol):
    """Wraps keys of at most 4 KiB."""

    def current_id(self) -> str:
        """The id of the key that `wrap` uses now."""

    def wrap(self, key: bytes, context: Mapping[str, str]) -> tuple[str, bytes]:
        """The master key's id and the wrapped key."""

    def unwrap(self, master_key_id: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """The key again. Raises UnwrapError."""

    def rotate(self) -> str:
        """From now on another key wraps; returns its id. Older ones still unwrap."""


def unwrap_own(master: MasterKey, master_key_id: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
    """A key of the bank's own. Raises UnwrapError after an alarm: only damage or tampering explains it."""
    try:
        return master.unwrap(master_key_id, wrapped, context)
    except UnwrapError:
        fields = {"alarm": True, "master_key_id": master_key_id, **context}
        logger.error("a key of the bank cannot be unwrapped", extra={"fields": fields})
        raise


class KeyFile:
    """A file `{"current": id, "keys": {id: base64 of 32 bytes}}` that only its owner may read.

    Another process may rotate it while this one runs: it is read again whenever it has changed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._current = ""
        self._keys: dict[str, bytes] = {}
        self._read()

    def current_id(self) -> str:
        self._read()
        return self._current

    def wrap(self, key: bytes, context: Mapping[str, str]) -> tuple[str, bytes]:
        self._read()
        master_key_id = self._current
        nonce = secrets.token_bytes(NONCE_BYTES)
        return master_key_id, nonce + AESGCM(self._keys[master_key_id]).encrypt(nonce, key, _associated(context))

    def unwrap(self, master_key_id: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        self._read()
        try:
            cipher = AESGCM(self._keys[master_key_id])
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _associated(context))
        except (KeyError, ValueError, InvalidTag) as error:
            raise UnwrapError from error

    def rotate(self) -> str:
        self._read()
        master_key_id = f"master-{secrets.token_hex(4)}"
        keys = self._keys | {master_key_id: secrets.token_bytes(KEY_BYTES)}
        document = {
            "current": master_key_id,
            "keys": {key_id: base64.b64encode(key).decode() for key_id, key in keys.items()},
        }
        beside = self._path.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        # What the new key wraps is on disk at once: after a power cut the file must not be the old one again.
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return master_key_id

    def _read(self) -> None:
        """Reads the file when it is not the one read last. Raises SettingsError, never with a key in its text."""
        with self._lock:
            try:
                status = self._path.stat()
                if (status.st_mtime_ns, status.st_ino) == self._stamp:
                    return
                if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise SettingsError(f"{self._path}: others than its owner may read the master key (want 0600)")
                document = json.loads(self._path.read_text())
                keys = {key_id: base64.b64decode(key, validate=True) for key_id, key in document["keys"].items()}
                if document["current"] not in keys or any(len(key) != KEY_BYTES for key in keys.values()):
                    raise ValueError
            except OSError as error:
                raise SettingsError(f"{self._path}: the master key cannot be read") from error
            except (ValueError, KeyError, TypeError, AttributeError):
                raise SettingsError(f"{self._path}: this is not a master key file") from None
            self._keys, self._current = keys, document["current"]
            self._stamp = (status.st_mtime_ns, status.st_ino)


class KmsKey:
    """An AWS KMS key (id, ARN or alias); the context is its encryption context.

    KMS rotates the key's material itself and keeps the old one for what it wrapped. What was wrapped names the key
    by its ARN: when the setting or the alias names another key, `keys rotate` wraps everything with that one.
    """

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id
        self._lock = threading.Lock()
        self._made: KMSClient | None = None

    def current_id(self) -> str:
        with aws_errors():
            return self._client().describe_key(KeyId=self._key_id)["KeyMetadata"]["Arn"]

    def wrap(self, key: bytes, context: Mapping[str, str]) -> tuple[str, bytes]:
        with aws_errors():
            answer = self._client().encrypt(KeyId=self._key_id, Plaintext=key, EncryptionContext=dict(context))
        return answer["KeyId"], answer["CiphertextBlob"]

    def unwrap(self, master_key_id: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        with aws_errors(dict.fromkeys(KMS_REFUSALS, UnwrapError)):
            answer = self._client().decrypt(
                KeyId=master_key_id, CiphertextBlob=wrapped, EncryptionContext=dict(context)
            )
        return answer["Plaintext"]

    def rotate(self) -> str:
        arn = self.current_id()
        with aws_errors():
            self._client().rotate_key_on_demand(KeyId=arn)
        return arn

    def _client(self) -> "KMSClient":
        with self._lock:
            self._made = self._made or make_client("kms")
            return self._made


def _associated(context: Mapping[str, str]) -> bytes:
    return json.dumps(sorted(context.items())).encode()
