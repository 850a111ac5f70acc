"""A Chromium in front of the whole bank.

The browser is Playwright's own or the system's; without one the tests are skipped, except in CI, where that
is a failure. A failed test leaves a picture of each page in pytest's temporary folder, and says where.
"""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, MISSING, executable
from tests.browser.person import Person
from tests.e2e.conftest import Bank, bank

__all__ = ["bank"]

# The camera is a picture that moves, and nobody is asked for leave.
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
NewPerson = Callable[..., Person]
_failed: pytest.StashKey[bool] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know at their end whether the test failed."""
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = executable(playwright.chromium.executable_path)
        if path is None:
            if os.environ.get("CI") == "true":
                pytest.fail(MISSING)
            pytest.skip(MISSING)
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *CAMERA])
        yield browser
        browser.close()


@pytest.fixture
def new_person(
    chromium: Browser, bank: Bank, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[NewPerson]:
    """Somebody at a browser of their own: `new_person()`, or `new_person(width=390)` on a phone."""
    yield from at_browsers(chromium, bank.app, request, tmp_path)


def at_browsers(
    chromium: Browser, app: str, request: pytest.FixtureRequest, pictures: Path
) -> Iterator[NewPerson]:
    """What starts people at browsers in front of `app`; at the end no browser may have complained."""
    contexts: list[BrowserContext] = []
    people: list[Person] = []

    def start(*, width: int = 1280, **options: Any) -> Person:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            **{"timezone_id": "UTC", "locale": "en-GB", "accept_downloads": True, **options},
        )
        contexts.append(context)
        people.append(Person(context.new_page(), app))
        return people[-1]

    yield start
    if request.node.stash.get(_failed, False):
        for number, page in enumerate(page for context in contexts for page in context.pages):
            _take_picture(page, pictures / f"page-{number}.png")
    for context in contexts:
        context.close()
    for person in people:
        assert person.complaints == []


def _take_picture(page: Page, path: Path) -> None:
    try:
        page.screenshot(path=path, full_page=True)
    except Error as error:
        print(f"no picture: {error}")
    else:
        print(f"picture of the page: {path}")
