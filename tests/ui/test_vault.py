"""Sign-ins over a restart of the app: what is on disk, who can use it, and when it is gone."""

import os
import time
from pathlib import Path

import httpx
import pytest

from tests.ui.test_sessions import Bank, Clock
from ui.clients.http import Gateway
from ui.clients.users import Token, Welcome
from ui.components.moving import Work
from ui.server.sessions import IDLE_LIMIT_S, SessionStore, SignIn
from ui.server.vault import Vault

TOKEN = "token-0-of-ada"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def welcome(bank: Bank) -> Welcome:
    return Welcome(Gateway("http://bank", transport=httpx.MockTransport(bank), sleep=lambda _: None))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sign-ins"


@pytest.fixture
def store(folder: Path, clock: Clock) -> SessionStore:
    return SessionStore(Vault(folder), clock=clock)


@pytest.fixture
def sign_in(welcome: Welcome, clock: Clock) -> SignIn:
    held = SignIn(welcome, Token(TOKEN, 900), clock=clock)
    held.user_id = "ada"
    return held


@pytest.fixture
def handle(store: SessionStore, sign_in: SignIn) -> str:
    """What the browser's cookie holds."""
    handle = store.trade(store.issue_ticket(sign_in))
    assert handle is not None
    return handle


def restarted(folder: Path, clock: Clock | None = None) -> SessionStore:
    """The store of a new process."""
    return SessionStore(Vault(folder), clock=clock or Clock())


class TestRestart:
    def test_finds_the_sign_in_and_what_was_unfinished(
        self, folder: Path, sign_in: SignIn, handle: str, welcome: Welcome
    ) -> None:
        sign_in.unfinished["a"] = Work(id="a", typed={"amount": "12,50"})
        sign_in.keep()
        anew = restarted(folder)
        found = anew.restore(handle, welcome)
        assert found is not None
        assert found.access_token() == TOKEN
        assert (found.user_id, found.unfinished["a"]["typed"]) == ("ada", {"amount": "12,50"})
        assert anew.restore(handle, welcome) is found

    def test_a_renewed_token_is_the_one_that_is_found(
        self, folder: Path, sign_in: SignIn, handle: str, clock: Clock, bank: Bank, welcome: Welcome
    ) -> None:
        clock.now += 890
        sign_in.access_token()
        sign_in.keep()
        found = restarted(folder).restore(handle, welcome)
        assert found is not None
        assert found.access_token() == "token-1"

    def test_an_old_token_is_renewed(
        self, folder: Path, handle: str, welcome: Welcome, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 1000)
        found = restarted(folder).restore(handle, welcome)
        assert found is not None
        assert found.access_token() == "token-1"

    @pytest.mark.parametrize("away_s", [IDLE_LIMIT_S + 5, -IDLE_LIMIT_S - 5])
    def test_idling_counts_over_it_whatever_the_clock_says(
        self,
        folder: Path,
        sign_in: SignIn,
        handle: str,
        welcome: Welcome,
        monkeypatch: pytest.MonkeyPatch,
        away_s: int,
    ) -> None:
        sign_in.unfinished["a"] = Work(id="a")
        sign_in.keep()
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + away_s)
        anew = restarted(folder)
        assert anew.restore(handle, welcome) is None
        assert list(folder.iterdir()) == []
        back = SignIn(welcome, Token("new", 900), clock=Clock())
        anew.take_up(back, "ada")
        assert list(back.unfinished) == ["a"]


class TestTheft:
    def test_the_folder_alone_tells_nothing(self, folder: Path, sign_in: SignIn, handle: str) -> None:
        sign_in.unfinished["a"] = Work(id="a", typed={"memo": "for the doctor"})
        sign_in.keep()
        (file,) = folder.iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
        for secret in (TOKEN, "ada", "doctor", handle):
            assert secret.encode() not in file.read_bytes()
            assert secret not in file.name

    @pytest.mark.parametrize("tampering", ["other handle", "bit", "short", "other name"])
    def test_nothing_but_the_cookie_opens_it(
        self, folder: Path, sign_in: SignIn, handle: str, welcome: Welcome, store: SessionStore, tampering: str
    ) -> None:
        (file,) = folder.iterdir()
        content = file.read_bytes()
        if tampering == "bit":
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        elif tampering == "short":
            file.write_bytes(content[:5])
        elif tampering == "other name":
            other = SignIn(welcome, Token("token-of-bob", 900), clock=Clock())
            handle = str(store.trade(store.issue_ticket(other)))
            (theirs,) = (path for path in folder.iterdir() if path != file)
            theirs.write_bytes(content)
        else:
            handle = handle[:-1] + ("A" if handle[-1] != "A" else "B")
        assert restarted(folder).restore(handle, welcome) is None

    def test_what_another_version_wrote_is_put_away(self, folder: Path, handle: str, welcome: Welcome) -> None:
        drawer = Vault(folder).drawer(handle)
        assert drawer is not None
        drawer.put(b'{"other": 1}')
        assert restarted(folder).restore(handle, welcome) is None
        assert list(folder.iterdir()) == []


class TestSignOut:
    def test_leaves_nothing_and_nothing_comes_back(
        self, folder: Path, store: SessionStore, sign_in: SignIn, handle: str, welcome: Welcome
    ) -> None:
        store.forget(sign_in)
        sign_in.unfinished["a"] = Work(id="a")
        sign_in.keep()
        assert list(folder.iterdir()) == []
        assert restarted(folder).restore(handle, welcome) is None


class TestDisk:
    def test_a_full_one_costs_no_click(
        self, folder: Path, sign_in: SignIn, handle: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "open", full)
        sign_in.unfinished["a"] = Work(id="a")
        sign_in.keep()

    def test_what_nobody_uses_is_destroyed(self, folder: Path, handle: str) -> None:
        (file,) = folder.iterdir()
        now = time.time()
        Vault(folder, clock=lambda: now + 1000).purge(1001)
        assert file.exists()
        Vault(folder, clock=lambda: now + 1100).purge(1001)
        assert not file.exists()

    def test_use_alone_is_seldom_written(self, folder: Path, sign_in: SignIn, handle: str, clock: Clock) -> None:
        (file,) = folder.iterdir()
        first = file.read_bytes()
        clock.now += 30
        sign_in.touch()
        sign_in.keep()
        assert file.read_bytes() == first
        clock.now += 31
        sign_in.touch()
        sign_in.keep()
        assert file.read_bytes() != first
