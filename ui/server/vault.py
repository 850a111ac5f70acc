"""Sign-ins on disk, so that they outlive the app's process.

A file is sealed by a key that only the browser's cookie can make, and named by its digest. Who copies the folder
reads nothing; who has the cookie has what they had before, and nothing once the file is gone.
"""

import hashlib
import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

logger = logging.getLogger("tidemark.ui")
NONCE_BYTES = 12
_SUFFIX = ".sealed"


class Drawer:
    """The place of one cookie handle: its name tells nothing of the key, and neither tells the handle."""

    def __init__(self, folder: Path, handle: str) -> None:
        self._path = folder / (hashlib.sha256(handle.encode()).hexdigest() + _SUFFIX)
        self._box = AESGCM(hashlib.sha256(b"tidemark sign-in\0" + handle.encode()).digest())

    def put(self, content: bytes) -> None:
        """Replace what is in it, whole or not at all. A full disk costs the restart, not the person's click."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._box.encrypt(nonce, content, self._path.name.encode())
        draft = self._path.with_suffix(f".{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(sealed)
            draft.replace(self._path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            logger.warning("a sign-in is kept in memory alone: %s", type(error).__name__)

    def take(self) -> bytes | None:
        """What is in it; None when there is nothing, or nothing that this handle opens."""
        try:
            sealed = self._path.read_bytes()
            return self._box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._path.name.encode())
        except (OSError, InvalidTag, ValueError):
            return None

    def clear(self) -> None:
        """Destroy what is in it."""
        self._path.unlink(missing_ok=True)


class Vault:
    """The folder of all drawers; without one, nothing is kept."""

    def __init__(self, folder: Path | None, *, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def drawer(self, handle: str) -> Drawer | None:
        """The place of a handle."""
        return None if self._folder is None else Drawer(self._folder, handle)

    def purge(self, older_than_s: float) -> None:
        """Destroy what nobody has used for so long, and what a crash left half written."""
        if self._folder is None:
            return
        for path in self._folder.iterdir():
            try:
                if self._clock() - path.stat().st_mtime > older_than_s:
                    path.unlink()
            except FileNotFoundError:
                continue
