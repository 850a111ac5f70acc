"""Sign-ins, kept on the server.

A browser holds only a random handle in a cookie that scripts cannot read; the access token never leaves
the server, where the vault seals it over a restart. Signing out forgets the handle, so a copied cookie is worth
nothing afterwards.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from ui.clients.errors import ApiError, SessionEnded
from ui.clients.users import Token, Welcome
from ui.server.vault import Drawer, Vault
from ui.settings import settings

IDLE_LIMIT_S = 30 * 60
# Use alone is written down this seldom: a restart may take it for idleness.
USE_WRITTEN_EVERY_S = 60
SET_ASIDE_S = 12 * 3600
TICKET_LIFE_S = 60
REFRESH_AHEAD_S = 120
Clock = Callable[[], float]


class _Kept(msgspec.Struct):
    """A sign-in on disk; times by the wall clock, for no other survives a restart."""

    access_token: str
    good_until: float
    used_at: float
    user_id: str | None
    unfinished: dict[str, Any]


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
        self._drawer: Drawer | None = None
        self._written = (b"", 0.0)
        self._is_put_away = False
        self.user_id: str | None = None
        # What the person is in the middle of, by the id in the address: it outlives a reload and a restart (as
        # plain JSON then), and idling until the same person is back.
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

    def keep(self, drawer: Drawer | None = None) -> None:
        """Write it down where it was kept before, or from now on in `drawer`, if there is something new."""
        with self._lock:
            self._drawer = drawer or self._drawer
            if self._drawer is None or self._is_over or self._is_put_away:
                return
            now, wall = self._clock(), time.time()
            kept = _Kept(self._token, wall + self._good_until - now, wall, self.user_id, dict(self.unfinished))
            fixed = msgspec.json.encode((kept.access_token, kept.user_id, kept.unfinished))
            if self._written[0] != fixed or now - self._written[1] > USE_WRITTEN_EVERY_S:
                kept.used_at -= now - self._used_at
                self._drawer.put(msgspec.json.encode(kept))
                self._written = (fixed, now)

    @classmethod
    def restored(cls, content: bytes, welcome: Welcome, drawer: Drawer, *, clock: Clock) -> "SignIn":
        """A sign-in as `keep` wrote it down. Raises msgspec.MsgspecError for what another version wrote."""
        kept = msgspec.json.decode(content, type=_Kept)
        held = cls(welcome, Token(kept.access_token, kept.good_until - time.time()), clock=clock)
        # A clock that was set back makes nobody younger.
        held._used_at = clock() - abs(time.time() - kept.used_at)
        held.user_id, held.unfinished, held._drawer = kept.user_id, kept.unfinished, drawer
        return held

    def put_away(self) -> None:
        """Nothing of it stays on disk, and nothing is written any more."""
        with self._lock:
            self._is_put_away = True
            if self._drawer is not None:
                self._drawer.clear()

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

    def __init__(self, vault: Vault, *, clock: Clock = time.monotonic) -> None:
        self._vault = vault
        self._clock = clock
        self._lock = threading.Lock()
        self._handles: dict[bytes, SignIn] = {}
        self._tickets: dict[bytes, tuple[SignIn, float]] = {}
        self._aside: dict[str, tuple[dict[str, Any], float]] = {}

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
        sign_in.keep(self._vault.drawer(handle))
        return handle

    def find(self, handle: str | None) -> SignIn | None:
        """The live sign-in of a handle."""
        if not handle:
            return None
        with self._lock:
            sign_in = self._handles.get(_digest(handle))
        return None if sign_in is None or sign_in.is_over else sign_in

    def restore(self, handle: str | None, welcome: Welcome) -> SignIn | None:
        """As `find`, also after a restart of the app."""
        found = self.find(handle)
        if found is not None or not handle:
            return found
        drawer = self._vault.drawer(handle)
        content = drawer.take() if drawer is not None else None
        if drawer is None or content is None:
            return None
        try:
            held = SignIn.restored(content, welcome, drawer, clock=self._clock)
        except msgspec.MsgspecError:
            drawer.clear()
            return None
        if held.is_over:
            self.set_aside(held)
            self.forget(held)
            return None
        with self._lock:
            # Two tabs may come back at once: they share one sign-in.
            return self._handles.setdefault(_digest(handle), held)

    def set_aside(self, sign_in: SignIn) -> None:
        """Keep what somebody was in the middle of when their sign-in ended without them."""
        if sign_in.user_id is not None and sign_in.unfinished:
            with self._lock:
                self._aside[sign_in.user_id] = (dict(sign_in.unfinished), self._clock() + SET_ASIDE_S)

    def take_up(self, sign_in: SignIn, user_id: str) -> None:
        """Whose sign-in it is; what that person left unfinished is theirs again."""
        with self._lock:
            left, good_until = self._aside.pop(user_id, ({}, 0.0))
        sign_in.user_id = user_id
        if good_until > self._clock():
            sign_in.unfinished = {**left, **sign_in.unfinished}

    def forget(self, sign_in: SignIn) -> None:
        """Make every handle and ticket of a sign-in worthless, and destroy what is kept of it."""
        sign_in.put_away()
        with self._lock:
            self._handles = {key: held for key, held in self._handles.items() if held is not sign_in}
            self._tickets = {key: held for key, held in self._tickets.items() if held[0] is not sign_in}

    def _purge(self) -> None:
        self._vault.purge(IDLE_LIMIT_S + USE_WRITTEN_EVERY_S)
        now = self._clock()
        self._aside = {key: held for key, held in self._aside.items() if held[1] > now}
        self._handles = {key: held for key, held in self._handles.items() if not held.is_over}
        self._tickets = {key: held for key, held in self._tickets.items() if held[1] > now}


def _digest(secret: str) -> bytes:
    # Looked up by digest, so that neither timing nor a memory dump of the table gives a handle away.
    return hashlib.sha256(secret.encode()).digest()


store = SessionStore(Vault(settings().sign_ins_folder))
