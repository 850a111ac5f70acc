"""Sign-ins, kept on the server.

A browser holds only a random handle in a cookie that scripts cannot read; the access token never leaves
this process. Signing out forgets the handle, so a copied cookie is worth nothing afterwards.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from ui.clients.errors import ApiError, SessionEnded
from ui.clients.users import Token, Welcome

IDLE_LIMIT_S = 30 * 60
TICKET_LIFE_S = 60
REFRESH_AHEAD_S = 120
Clock = Callable[[], float]


class SignIn:
    """One signed-in user in one browser, shared by its tabs. Thread-safe."""

    def __init__(self, welcome: Welcome, token: Token, *, clock: Clock = time.monotonic) -> None:
        self._welcome = welcome
        self._clock = clock
        self._lock = threading.Lock()
        self._token = token.access_token
        self._good_until = clock() + token.expires_in
        self._used_at = clock()
        self._is_over = False
        # What the person is in the middle of, by the id in the address: it outlives a reload, not the sign-in.
        self.unfinished: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"SignIn(is_over={self.is_over})"

    @property
    def is_over(self) -> bool:
        """Signed out, ended by the service, or left alone for half an hour."""
        return self._is_over or self._clock() - self._used_at > IDLE_LIMIT_S

    def touch(self) -> None:
        """A person did something. What the app does by itself does not count as use."""
        if not self.is_over:
            self._used_at = self._clock()

    def access_token(self) -> str:
        """A token good for at least a moment, renewed when it runs out soon.

        Raises SessionEnded when the sign-in is over, ApiError when it cannot be told just now.
        """
        with self._lock:
            if self.is_over:
                raise SessionEnded
            if self._clock() > self._good_until - REFRESH_AHEAD_S:
                self._renew()
            return self._token

    def _renew(self) -> None:
        asked_at = self._clock()
        try:
            token = self._welcome.refresh(self._token)
        except ApiError as error:
            if error.status in {401, 403}:
                self._is_over = True
                raise SessionEnded from error
            if asked_at >= self._good_until:
                raise
            return
        self._token = token.access_token
        self._good_until = asked_at + token.expires_in

    def end(self, *, tell_the_bank: bool) -> None:
        """The sign-in is over here; with `tell_the_bank` everywhere. Raises ApiError if that fails."""
        with self._lock:
            was_over, self._is_over = self._is_over, True
        if tell_the_bank and not was_over:
            try:
                self._welcome.logout(self._token)
            except ApiError as error:
                # A token that is refused belongs to a session that is over already.
                if error.status != 401:
                    raise


class SessionStore:
    """Which cookie handle belongs to which sign-in, and the tickets that buy a handle. Thread-safe."""

    def __init__(self, *, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._handles: dict[bytes, SignIn] = {}
        self._tickets: dict[bytes, tuple[SignIn, float]] = {}

    def issue_ticket(self, sign_in: SignIn) -> str:
        """A ticket that the browser may trade, once and within a minute, for a handle."""
        ticket = secrets.token_urlsafe(32)
        with self._lock:
            self._purge()
            self._tickets[_digest(ticket)] = (sign_in, self._clock() + TICKET_LIFE_S)
        return ticket

    def is_waiting(self, ticket: str) -> bool:
        """Whether the ticket has not been traded yet and still could be."""
        with self._lock:
            found = self._tickets.get(_digest(ticket))
            return found is not None and found[1] > self._clock()

    def trade(self, ticket: str) -> str | None:
        """A new handle for a good ticket; None for a used, stale or made-up one."""
        handle = secrets.token_urlsafe(32)
        with self._lock:
            sign_in, good_until = self._tickets.pop(_digest(ticket), (None, 0.0))
            if sign_in is None or good_until <= self._clock() or sign_in.is_over:
                return None
            self._handles[_digest(handle)] = sign_in
        return handle

    def find(self, handle: str | None) -> SignIn | None:
        """The live sign-in of a handle."""
        if not handle:
            return None
        with self._lock:
            sign_in = self._handles.get(_digest(handle))
        return None if sign_in is None or sign_in.is_over else sign_in

    def forget(self, sign_in: SignIn) -> None:
        """Make every handle and ticket of a sign-in worthless."""
        with self._lock:
            self._handles = {key: held for key, held in self._handles.items() if held is not sign_in}
            self._tickets = {key: held for key, held in self._tickets.items() if held[0] is not sign_in}

    def _purge(self) -> None:
        now = self._clock()
        self._handles = {key: held for key, held in self._handles.items() if not held.is_over}
        self._tickets = {key: held for key, held in self._tickets.items() if held[1] > now}


def _digest(secret: str) -> bytes:
    # Looked up by digest, so that neither timing nor a memory dump of the table gives a handle away.
    return hashlib.sha256(secret.encode()).digest()


store = SessionStore()
