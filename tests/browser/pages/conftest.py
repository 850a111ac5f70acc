"""The app's own server in front of a toy bank: what a page does in a browser, without the cost of a whole bank."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import NewPerson, at_browsers
from tests.browser.person import PASSWORD, Person
from tests.cluster import REPOSITORY
from tests.ui.fake_bank import FakeBank
from tests.ui.fake_gateway import FakeGateway, running_gateway

START_WITHIN_S = 60.0
User = dict[str, Any]
SignedIn = Callable[..., Person]


@dataclass
class App:
    """The app at `url` as a process of its own, and the toy bank behind it."""

    port: int
    gateway: FakeGateway
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "ui/app.py", "--server.port", str(self.port)]
        environment = {
            **os.environ,
            "TIDEMARK_GATEWAY_URL": self.gateway.url,
            "TIDEMARK_UI_URL": self.url,
            "TIDEMARK_SIGN_INS_FOLDER": str(self.folder / "sign-ins"),
        }
        log = self.folder / "app.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=output, stderr=output)
        _wait_for(self.process, self.url, log)

    def kill(self) -> None:
        """As `kill -9` does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=20)

    @property
    def bank(self) -> FakeBank:
        return self.gateway.bank

    def customer(self, name: str = "Ada Lovelace", **options: Any) -> User:
        """An approved user; their email is made of their first name."""
        email = f"{name.split()[0].lower()}@example.com"
        body = {"name": name, "email": email, "phone": "+420601123456", "password": PASSWORD}
        return self.bank.create_user(body, **{"approved": True, **options})

    def account(self, user: User, total: int = 0, type_: str = "checking", currency: str = "EUR") -> User:
        """An account of theirs with money in it."""
        account = self.bank.open_account(user["user_id"], type_, currency)
        if total:
            self.bank.move("deposit", "external:cash", account["account_id"], total, None)
        return account


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_gateway() as gateway, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        app = App(port, gateway, tmp_path_factory.mktemp("app"))
        try:
            app.start()
            yield app
        finally:
            app.kill()


def _wait_for(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url + "/_stcore/health", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the app did not start:\n{log.read_text()}")


@pytest.fixture
def app(server: App) -> App:
    """The app, with a bank nobody has used yet."""
    server.gateway.bank = FakeBank()
    server.gateway.calls.clear()
    server.gateway.faults.clear()
    return server


@pytest.fixture
def new_person(chromium: Browser, app: App, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewPerson]:
    """Somebody at a browser in front of the toy bank."""
    yield from at_browsers(chromium, app.url, request, tmp_path)


@pytest.fixture
def signed_in(new_person: NewPerson) -> SignedIn:
    """`signed_in(user)` is that user at Home; with `path` they go on to that page."""

    def enter(user: User, path: str | None = None, **options: Any) -> Person:
        person = new_person(**options)
        person.email = user["email"]
        person.sign_in()
        if path is not None:
            person.open_app(path)
        return person

    return enter
