"""README's pictures, made from the running demo bank: `make pictures`.

The pages are opened as a reader would, in Chromium, and kept with 256 colours in ui/assets/readme.
"""

import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from infra.local.bank import Bank
from infra.local.errors import LocalError
from tests.browser.chromium import ARGUMENTS, MISSING, executable
from tests.browser.person import Person
from tests.cluster import REPOSITORY

FOLDER = REPOSITORY / "ui" / "assets" / "readme"
WIDTH = 1280
# Its graph fits itself to the window in which it is opened.
DAGSTER = (1850, 1020)


def keep(page: Page, name: str, width: int, height: int) -> None:
    """The top of the page as a small file."""
    page.set_viewport_size({"width": width, "height": height})
    # Off whatever was clicked last.
    page.mouse.move(0, 0)
    # Charts and graphs draw themselves anew for the window.
    page.wait_for_timeout(3000)
    picture = Image.open(io.BytesIO(page.screenshot()))
    path = FOLDER / f"{name}.png"
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size // 1024} KiB")


def signed_in(browser: Browser, bank: Bank, who: str) -> Person:
    """The demo's `customer`, or a member of its `staff`."""
    signs = json.loads((bank.state.secrets / "demo.json").read_text())
    page = browser.new_page(viewport={"width": WIDTH, "height": 900}, locale="en-GB")
    person = Person(page, bank.app_url, email=signs[f"{who}_email"])
    person.sign_in(signs[f"{who}_password"])
    person.settled()
    return person


def of_the_app(browser: Browser, bank: Bank) -> None:
    """Home, a statement, the statistics of the demo's customer, and what is behind a figure."""
    person = signed_in(browser, bank, "customer")
    page = person.page
    keep(page, "home", WIDTH, 800)
    person.go("Statements")
    person.settled()
    keep(page, "account", WIDTH, 800)
    person.go("Statistics")
    person.settled()
    expect(page.locator("svg.marks").first).to_be_visible()
    keep(page, "statistics", WIDTH, 1120)
    page.get_by_role("button", name=re.compile("^Money out")).click()
    expect(page.get_by_role("dialog").locator(".tm-verdict-good")).to_be_visible()
    keep(page, "behind", WIDTH, 800)


def of_the_desk(browser: Browser, bank: Bank) -> None:
    """The whole bank, as staff see it."""
    person = signed_in(browser, bank, "staff")
    person.go("The bank")
    person.settled()
    expect(person.page.locator("svg.marks").first).to_be_visible()
    keep(person.page, "bank", WIDTH, 800)


def of_dagster(browser: Browser, bank: Bank) -> None:
    """The assets and their checks."""
    page = browser.new_page(
        viewport={"width": DAGSTER[0], "height": DAGSTER[1]}, extra_http_headers=dict(bank.operator_headers)
    )
    page.goto(f"{bank.dagster_url}/asset-groups")
    expect(page.get_by_text("publication").first).to_be_visible(timeout=60_000)
    # All groups of assets open.
    page.keyboard.press("Alt+e")
    expect(page.get_by_text("metric_catalog").first).to_be_visible()
    keep(page, "dagster", *DAGSTER)


def main() -> int:
    """All of them; the exit code is 1 where no demo bank or no browser is there."""
    home = Path(os.environ.get("TIDEMARK_HOME", REPOSITORY / ".tidemark"))
    try:
        bank = Bank.running(home)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    if not (bank.state.secrets / "demo.json").exists():
        print("The town is not there yet: run `make demo` first.", file=sys.stderr)
        return 1
    makers: tuple[Callable[[Browser, Bank], None], ...] = (of_the_app, of_the_desk, of_dagster)
    with sync_playwright() as playwright:
        path = executable(playwright.chromium.executable_path)
        if path is None:
            print(MISSING, file=sys.stderr)
            return 1
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for make in makers:
            make(browser, bank)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
