"""Clicking all that a page shows, each thing once and on the page as it opens, and looking what comes of it."""

import copy
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Error, Locator, expect

from tests.browser.pages.conftest import App
from tests.browser.pages.visits import Visit
from tests.browser.person import PATIENCE_MS, Person

# People who saw nothing happen click again.
SECOND_CLICK_AFTER_S = 1.2
# A step may bring up a question or a form, and its answer another.
DEPTH = 3
CLICKABLE = (
    ":is(button, a[href], summary, [role=radio]):visible:not([disabled]):not([aria-checked=true])"
    ":not([aria-current=page]):not([data-testid=stTooltipIcon] *):not([aria-haspopup=listbox]):not(.vega-embed *)"
)
# Without icons, whose names are text.
LABELS = """nodes => nodes.map(node => {
  const copy = node.cloneNode(true)
  copy.querySelectorAll('[data-testid=stIconMaterial]').forEach(icon => icon.remove())
  return (copy.textContent.trim() || node.ariaLabel || '').replace(/\\s+/g, ' ').trim()
})"""
# One of a kind is enough: numbers, days and people's names differ from row to row.
VARIABLE = re.compile(r"[\d.,:·•]+|(Ada|Bob|Lin|Nora|Petra|Quinn|Sam) .*")
# Streamlit's own, which open beside the page or change a field; and the case that the review desk shows already.
NOT_OURS = re.compile(
    r"^Petra|calendar|^Choose date range$|^Open$|Clear value|fullscreen|Show/hide|Zoom|Show password"
    r"|^Show data|^Download as PNG|^Copy Vega-Lite",
    re.IGNORECASE,
)
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{10}")
# What the browser does outside of the page is noted in the page.
WATCH = """
window.print = () => document.body.setAttribute('data-printed', '1')
navigator.share = () => { document.body.setAttribute('data-shared', '1'); return Promise.resolve() }
"""
# Without what changes by itself: help that opens under the pointer, the time.
LOOKS = """() => {
  const helps = [...document.querySelectorAll('[role=tooltip], [data-testid=stTooltipContent]')]
  const text = helps.reduce((rest, help) => rest.replace(help.innerText, ''), document.body.innerText)
  const parts = '[aria-expanded], [aria-checked], details, [role=dialog], input, button'
  return [
    location.href, text.replace(/\\d?\\d:\\d\\d(:\\d\\d)?|\\d+ seconds? ago/g, '#'),
    document.body.dataset.printed, document.body.dataset.shared,
    ...[...document.querySelectorAll(parts)]
      .map(node => [node.ariaExpanded, node.ariaChecked, node.open, node.value, node.disabled].join()),
  ].join('\\n')
}"""
BROKEN = "[data-testid=stException], [data-testid=stAlertContentError]"


@dataclass
class Crawl:
    """One person who clicks all that they find on one page, and what they say of it."""

    person: Person
    app: App
    visit: Visit
    depth: int = DEPTH
    clicked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    # What the bank was asked to do, without ids.
    deeds: set[str] = field(default_factory=set)
    _kinds: set[str] = field(default_factory=set)
    # What came up beside the page.
    _beside: list[str] = field(default_factory=list)
    # How the page looked when it was opened, and how many deeds there were.
    _opened: tuple[str, int] | None = None

    def __post_init__(self) -> None:
        page = self.person.page
        page.add_init_script(WATCH)
        page.on("download", lambda _: self._beside.append("download"))
        page.on("popup", lambda _: self._beside.append("window"))
        page.on("filechooser", lambda _: self._beside.append("files"))
        # Tokens stay: somebody whom a click signed out signs in again.
        parts = {name: value for name, value in vars(self.app.bank).items() if name not in ("lock", "tokens")}
        self._kept: dict[str, Any] = copy.deepcopy(parts)

    def run(self) -> "Crawl":
        """Click everything."""
        self._open()
        for label in self._found():
            self._click([label])
        return self

    def _open(self) -> None:
        """The page and the bank as they were at the beginning."""
        page = self.person.page
        for other in page.context.pages:
            if other != page:
                other.close()
        if page.get_by_role("dialog").count():
            page.keyboard.press("Escape")
            self.person.settled()
        if self._opened == (self._looks(), len(self._acts())):
            return
        vars(self.app.bank).update(copy.deepcopy(self._kept))
        page.context.clear_cookies(name=re.compile("language"))
        # A click may have left the page on its way to another.
        page.wait_for_load_state("load")
        try:
            self.person.open_app(self.visit.path)
        except Error:
            self.person.open_app(self.visit.path)
        self.person.settled()
        if page.locator(".tm-hero").count():
            self.person.sign_in()
            self._open()
            return
        self.visit.steps(self.person)
        self.person.settled()
        self._opened = (self._looks(), len(self._acts()))

    def _labels(self) -> list[str]:
        labels: list[str] = self._nodes().evaluate_all(LABELS)
        return labels

    def _nodes(self) -> Locator:
        return self.person.page.locator(self.visit.within).locator(CLICKABLE)

    def _found(self) -> list[str]:
        """Labels of what can be clicked and has not been, one of each kind."""
        new: dict[str, str] = {}
        for label in self._labels():
            kind = _kind(label)
            if label and kind not in self._kinds and not NOT_OURS.search(label):
                new.setdefault(kind, label)
        self._kinds |= set(new)
        return list(new.values())

    def _node(self, label: str) -> Locator:
        """The first of that kind, once it is there."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < deadline:
            kinds = [_kind(each) for each in self._labels()]
            if _kind(label) in kinds:
                return self._nodes().nth(kinds.index(_kind(label)))
            self.person.page.wait_for_timeout(100)
        raise AssertionError("it is gone")

    def _click(self, way: Sequence[str]) -> None:
        """The last of `way`, after the ones before it; then what only it brought up."""
        place = f"{self.visit.name} → {' → '.join(way)}"
        self._open()
        address = _page(self.person.page.url)
        try:
            for label in way[:-1]:
                self._node(label).click()
                self.person.settled()
            self._last(place, self._node(way[-1]))
        except (Error, AssertionError) as error:
            self.faults.append(f"{place}: {str(error).splitlines()[0]}")
            return
        self.clicked.append(place)
        is_here = _page(self.person.page.url) == address
        for label in self._found() if is_here and len(way) < self.depth else []:
            self._click([*way, label])

    def _last(self, place: str, node: Locator) -> None:
        page = self.person.page
        node.scroll_into_view_if_needed()
        box = node.bounding_box()
        assert box is not None, "it can't be seen"
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(*middle)
        page.wait_for_timeout(100)
        before, deeds, beside = self._looks(), len(self._acts()), len(self._beside)
        broken = page.locator(BROKEN).count()
        page.mouse.click(*middle)
        begun = time.monotonic()
        while len(self._beside) == beside and len(self._acts()) == deeds and self._looks() == before:
            assert time.monotonic() - begun < PATIENCE_MS / 1000, "nothing happens"
            page.wait_for_timeout(50)
        self.person.settled()
        done = self._acts()[deeds:]
        if done:
            self.deeds |= {f"{method} {IDS.sub('#', path)}" for method, path, _ in done}
            page.wait_for_timeout(max(0.0, SECOND_CLICK_AFTER_S - (time.monotonic() - begun)) * 1000)
            page.mouse.click(*middle)
            page.wait_for_timeout(150)
            self.person.settled()
            again = [deed for deed in self._acts()[deeds + len(done) :] if deed not in done or not deed[2]]
            assert not again, f"done twice, {done} and {again}"
        if page.locator(BROKEN).count() > broken:
            raise AssertionError(f"says {page.locator(BROKEN).last.inner_text()!r}")
        expect(page.get_by_test_id("stApp")).to_be_visible()

    def _looks(self) -> str:
        """All that a person could see change."""
        try:
            return str(self.person.page.evaluate(LOOKS))
        except Error:
            return "on the way to another page"

    def _acts(self) -> list[tuple[str, str, str]]:
        """What the bank was asked to do, each with its idempotency key where there is one."""
        return [
            (method, path, headers.get("Idempotency-Key", ""))
            for method, path, headers in self.app.gateway.calls
            if method != "GET" and not path.endswith(("/refresh", "/login", "/search"))
        ]


def _page(url: str) -> tuple[str, frozenset[str]]:
    """The path, and what the address names: a movement's page is not its statement's."""
    parts = urlsplit(url)
    return parts.path, frozenset(parse_qs(parts.query))


def _kind(label: str) -> str:
    return VARIABLE.sub("#", label)
