"""argon2id (RFC 9106), in few threads of low priority that rest: a flood of sign-ins must not starve transfers."""

import asyncio
import base64
import os
import secrets
import sys
import threading
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.shared.errors import Unavailable

T = TypeVar("T")

# Who is let in is answered within seconds: some ten a second are served.
QUEUE_MAX = 25
HASH_BYTES = 32
SALT_BYTES = 16
NICENESS = 19


class Hasher:
    """Hashes and checks passwords; more than QUEUE_MAX waiting is answered 503 instead of queued.

    Each of `workers` takes at most `percent` of a core in the long run; the first after a pause never waits.
    """

    def __init__(self, *, memory_kib: int, rounds: int, workers: int, percent: int) -> None:
        self._argon2 = PasswordHasher(
            time_cost=rounds, memory_cost=memory_kib, parallelism=1, hash_len=HASH_BYTES, salt_len=SALT_BYTES
        )
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="hash", initializer=_yield_to_others)
        self._rest_for_work = 100 / percent - 1
        self._worker = threading.local()
        self._waiting = 0
        # Nobody's password; checking against it costs what checking against a user's does.
        salt, digest = (
            base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (SALT_BYTES, HASH_BYTES)
        )
        self._nobody = f"$argon2id$v=19$m={memory_kib},t={rounds},p=1${salt}${digest}"

    def require_room(self) -> None:
        """Raises Unavailable while too many wait: to be asked before an attempt is counted or a row is read."""
        if self._waiting >= QUEUE_MAX:
            raise Unavailable("Too many people are signing in just now. Try again in a moment.")

    async def hash(self, password: str) -> str:
        """The encoded hash, parameters and salt included."""
        return await self._run(self._argon2.hash, _normal(password))

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Whether this is the password; without a hash it takes as long to say no."""
        is_right = await self._run(self._verify, encoded or self._nobody, _normal(password))
        return is_right and encoded is not None

    def is_outdated(self, encoded: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(encoded)

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._argon2.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    def _paced(self, function: Callable[..., T], *arguments: str) -> T:
        # Low priority is not enough: a hash takes the memory's bandwidth and the caches from everybody.
        time.sleep(max(0.0, getattr(self._worker, "rests_until", 0.0) - time.monotonic()))
        began = time.thread_time()
        try:
            return function(*arguments)
        finally:
            worked = time.thread_time() - began
            self._worker.rests_until = time.monotonic() + worked * self._rest_for_work

    async def _run(self, function: Callable[..., T], *arguments: str) -> T:
        self.require_room()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._paced, function, *arguments)
        finally:
            self._waiting -= 1


def _normal(password: str) -> str:
    # The same password typed on another keyboard may come in another Unicode form.
    return unicodedata.normalize("NFKC", password)


def _yield_to_others() -> None:
    if sys.platform == "linux":
        # On Linux a thread has a priority of its own.
        thread = threading.get_native_id()
        # A process that was started with a lower one may not raise it.
        os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))
