"""Everything that can be clicked does something, and what acts acts once.

The pages are found by their links, as somebody finds them who knows none of them. Each button, link and download
is clicked on a page freshly opened, with the bank as it was; where the click made the bank do something, the same
place is clicked again 1.2 s later, as people do who saw nothing happen.
"""

import copy
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Locator

from tests.browser.pages.conftest import App, SignedIn
from tests.browser.pages.visits import Town
from tests.browser.person import Person

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CUSTOMERS = ("", "move", "account", "statistics", "open", "sharing", "profile")
EFFECT_WITHIN_S = 8.0
SECOND_CLICK_AFTER_S = 1.2
CLICKABLE = (
    "[data-testid=stMain] :is(button, a[href]):visible:not([disabled]):not([aria-checked=true])"
    ":not([data-testid=stTooltipIcon] *):not([aria-haspopup=listbox])"
)
# One of a kind is enough: numbers, names and days in a label differ from row to row.
VARIABLE = re.compile(r"[\d.,:·•]+|Ada.*|Bob.*|Petra.*|Nora.*|Sam .*")
# Streamlit's own pickers and menus, which open beside the page.
NOT_OURS = re.compile(r"calendar|^Open$|Clear value|fullscreen|Show/hide|Zoom|Show password", re.IGNORECASE)
# What the browser does outside of the page is noted in the page.
WATCH = """
window.print = () => document.body.setAttribute('data-printed', '1')
navigator.share = () => { document.body.setAttribute('data-shared', '1'); return Promise.resolve() }
"""
LOOKS = """() => [
  location.href, document.body.innerText, document.body.dataset.printed, document.body.dataset.shared,
  ...[...document.querySelectorAll('[aria-expanded], [aria-checked], details, [role=dialog], input')]
    .map(node => [node.ariaExpanded, node.ariaChecked, node.open, node.value].join()),
].join('\\n')"""


@dataclass
class Crawl:
    """One person who clicks everything that they find, once."""

    person: Person
    app: App
    seen: set[str] = field(default_factory=set)
    pages: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    # What came up beside the page.
    elsewhere: list[str] = field(default_factory=list)
    acted: int = 0

    def __post_init__(self) -> None:
        page = self.person.page
        page.add_init_script(WATCH)
        page.on("download", lambda _: self.elsewhere.append("download"))
        page.on("popup", lambda _: self.elsewhere.append("window"))
        page.on("filechooser", lambda _: self.elsewhere.append("files"))
        bank = self.app.bank
        # Tokens stay: somebody whom a click signed out signs in again.
        without = ("lock", "tokens")
        self._kept = copy.deepcopy({name: value for name, value in vars(bank).items() if name not in without})

    def open(self, address: str) -> None:
        """The page as it was at the beginning."""
        vars(self.app.bank).update(copy.deepcopy(self._kept))
        self.person.open_app(address)
        self.person.settled()
        if self.person.page.locator(".tm-hero").count():
            self.person.sign_in()
            self.open(address)

    def found(self) -> list[str]:
        """Labels of what can be clicked and has not been, one of each kind."""
        labels: dict[str, str] = {}
        for node in self.person.page.locator(CLICKABLE).all():
            label = " ".join((node.inner_text() or node.get_attribute("aria-label") or "").split())
            kind = VARIABLE.sub("#", label)
            if label and kind not in self.seen and not NOT_OURS.search(label):
                labels.setdefault(kind, label)
        self.seen |= set(labels)
        return list(labels.values())

    def node(self, label: str) -> Locator:
        return self.person.page.locator(CLICKABLE).filter(has_text=re.compile(_loosely(label))).first

    def all(self, *, but: Iterable[str] = ()) -> None:
        """Every page of the menu, and what is on it; without the addresses that another person clicks through."""
        self.open("/")
        menu = self.person.page.get_by_test_id("stSidebarNav").get_by_role("link")
        self.pages = [urlsplit(str(link.get_attribute("href"))).path for link in menu.all()]
        for address in self.pages:
            if address.strip("/") in but:
                continue
            self.open(address)
            for label in self.found():
                self.click(address, [label])

    def click(self, address: str, way: list[str]) -> None:
        """The last of `way`, after the ones before it."""
        self.open(address)
        place = f"{address.strip('/') or 'home'} → {' → '.join(way)}"
        try:
            for label in way[:-1]:
                self.node(label).click()
                self.person.settled()
            self.last(place, self.node(way[-1]))
        except (Error, AssertionError) as error:
            self.faults.append(f"{place}: {str(error).splitlines()[0]}")
            return
        if len(way) == 1:
            # A question, a window or a form may have come up: its buttons too.
            is_here = urlsplit(self.person.page.url).path == address
            for label in self.found() if is_here else []:
                self.click(address, [*way, label])

    def last(self, place: str, node: Locator) -> None:
        page = self.person.page
        node.scroll_into_view_if_needed()
        box = node.bounding_box()
        assert box is not None
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        before, deeds, beside = page.evaluate(LOOKS), len(self.deeds()), len(self.elsewhere)
        page.mouse.click(*middle)
        begun = time.monotonic()
        while len(self.elsewhere) == beside and len(self.deeds()) == deeds and page.evaluate(LOOKS) == before:
            if time.monotonic() - begun > EFFECT_WITHIN_S:
                self.faults.append(f"{place}: nothing happens")
                return
            page.wait_for_timeout(50)
        self.person.settled()
        done = self.deeds()[deeds:]
        if done:
            self.acted += 1
            page.wait_for_timeout(max(0.0, SECOND_CLICK_AFTER_S - (time.monotonic() - begun)) * 1000)
            page.mouse.click(*middle)
            page.wait_for_timeout(150)
            self.person.settled()
            again = [deed for deed in self.deeds()[deeds + len(done) :] if deed not in done or not deed[2]]
            if again:
                self.faults.append(f"{place}: done twice, {done} and {again}")

    def deeds(self) -> list[tuple[str, str, str]]:
        """What the bank was asked to do, each with its idempotency key where there is one."""
        return [
            (method, path, headers.get("Idempotency-Key", ""))
            for method, path, headers in self.app.gateway.calls
            if method != "GET" and not path.endswith(("/refresh", "/login", "/search"))
        ]


def _loosely(label: str) -> str:
    """The label, whatever stands between its words."""
    return r"\s*".join(re.escape(word) for word in label.split())


@pytest.fixture
def town(app: App) -> Town:
    return Town(app)


class TestEveryClick:
    @pytest.mark.timeout(290)
    def test_of_a_customer(self, app: App, town: Town, signed_in: SignedIn) -> None:
        crawl = Crawl(signed_in(town.ada), app)
        crawl.all()
        assert not crawl.faults, "\n".join(crawl.faults)
        assert len(crawl.pages) >= 7
        assert crawl.acted >= 3

    @pytest.mark.timeout(290)
    def test_of_staff(self, app: App, town: Town, signed_in: SignedIn) -> None:
        crawl = Crawl(signed_in(town.staff), app)
        crawl.all(but=CUSTOMERS)
        assert not crawl.faults, "\n".join(crawl.faults)
        assert len(crawl.pages) >= 9
        assert crawl.acted >= 1
