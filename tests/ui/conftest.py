"""The app against a toy bank: pages run in this process, calls go over HTTP to a free port."""

from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import Any

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.fake_gateway import FACTS, FakeGateway, running_gateway
from ui.clients.accounts import Facts
from ui.clients.http import Gateway
from ui.clients.users import Token, Welcome
from ui.components import facts
from ui.server.routes import COOKIE_NAME
from ui.server.sessions import SignIn
from ui.settings import settings

MAIN = Path(__file__).parents[2] / "ui" / "main.py"
PASSWORD = "correct horse battery"
Page = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy bank's currencies and limits, as if they had been asked for."""
    monkeypatch.setattr(facts, "_known", msgspec.convert(FACTS, Facts))
    monkeypatch.setattr(facts, "_good_until", inf)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    """A toy bank of its own for each test, which the app takes for the bank."""
    with running_gateway() as fake:
        monkeypatch.setenv("TIDEMARK_GATEWAY_URL", fake.url)
        settings.cache_clear()
        yield fake
    settings.cache_clear()


@pytest.fixture
def ada(gateway: FakeGateway) -> dict[str, Any]:
    """An approved customer."""
    body = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+420601123456", "password": PASSWORD}
    return gateway.bank.create_user(body, approved=True)


@pytest.fixture
def checking(gateway: FakeGateway, ada: dict[str, Any]) -> dict[str, Any]:
    account = gateway.bank.open_account(ada["user_id"], "checking", "EUR")
    gateway.bank.move("deposit", "external:cash", account["account_id"], 100_000, None)
    return account


@pytest.fixture
def savings(gateway: FakeGateway, ada: dict[str, Any]) -> dict[str, Any]:
    return gateway.bank.open_account(ada["user_id"], "savings", "EUR")


def sign_in(gateway: FakeGateway, user: dict[str, Any]) -> SignIn:
    """A sign-in as the app would hold it."""
    token = gateway.bank.token_for(user["user_id"])
    return SignIn(Welcome(Gateway(gateway.url)), Token(token["access_token"], token["expires_in"]))


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The browser's cookies: pages run in a test have none of their own."""
    held: dict[str, str] = {}
    monkeypatch.setattr("ui.components.session.browser_handle", lambda: held.get(COOKIE_NAME))
    return held


@pytest.fixture
def visit(cookies: dict[str, str], gateway: FakeGateway) -> Page:
    """Open a page: `visit()` as a stranger, `visit(user, "move")` signed in; it may not crash."""

    def open_page(user: dict[str, Any] | None = None, page: str | None = None, **query: str) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=20)
        if user is not None:
            app.session_state["sign_in"] = sign_in(gateway, user)
        app.run()
        if page is not None:
            for name, value in query.items():
                app.query_params[name] = value
            app.switch_page(f"app_pages/{page}.py").run()
        assert not app.exception, app.exception[0].value
        return app

    return open_page


def texts(app: AppTest) -> str:
    """Everything that the page says, for looking up what it should say."""
    kinds = (app.html, app.markdown, app.caption, app.error, app.warning, app.info, app.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def button(app: AppTest, label: str) -> Any:
    """The button with that label."""
    return next(item for item in app.button if item.label == label)


def segmented(app: AppTest, place: int) -> Any:
    """The segmented control at that place of the page."""
    return app.get("segmented_control")[place]


def pills(app: AppTest, place: int) -> Any:
    """The row of pills at that place of the page."""
    return app.get("pills")[place]
