"""What holds of every page in every state: usable by all, on phones too, and typed text is only ever text.

That the browser complained of nothing (scripts, the Content-Security-Policy) is asserted of every person.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Dialog, Page

from tests.browser.conftest import NewPerson
from tests.browser.pages.conftest import App, SignedIn
from tests.browser.pages.visits import Town, Visit
from tests.browser.person import Person

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# A folder that keeps a picture of each, for people to look at; `.ci/run` names one.
PICTURES = os.environ.get("TIDEMARK_TEST_PICTURES")
PHONE, DESK = 390, 1440
FORMS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (DESK, "light"),
    (DESK, "dark"),
    (PHONE, "dark"),
    (PHONE, "light"),
)
GRAVE = ("serious", "critical")
# The menu is Streamlit's: its list has other things than items in it.
MENU_RULES = ("list", "listitem")
IN_MENU = "target => !!document.querySelector(target)?.closest('[data-testid=stSidebar]')"
# Streamlit's own markup, which no page of ours can change: (rule, what the element looks like).
NOT_OURS = (
    ("aria-allowed-attr", re.compile(r"data-baseweb|st-key-.*react-aria")),
    ("nested-interactive", re.compile(r"stExpander|data-baseweb")),
    ("scrollable-region-focusable", re.compile(r"stSidebarContent|stMain\b")),
)
# What becomes of NASTY where it is taken for markup.
MARKUP = "img[src=x], .katex, a[href^='javascript'], b:text-is('d'), strong:text-is('b'), code:text-is('c')"


def grave(page: Page, *rules: str) -> list[str]:
    """The serious violations of a page that are ours: rule, element, what is wrong. Of `rules` alone, if named."""
    only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    found = Axe().run(page, options={"resultTypes": ["violations"], **only})
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found.response["violations"]
        if rule["impact"] in GRAVE or rule["id"] == "heading-order"
        for node in rule["nodes"]
        if not (rule["id"] in MENU_RULES and page.evaluate(IN_MENU, node["target"][0]))
        if not any(rule["id"] == name and pattern.search(node["html"]) for name, pattern in NOT_OURS)
    ]


def faults_of(person: Person, visits: Sequence[Visit]) -> list[str]:
    """All that is wrong with the pages visited."""
    page = person.page
    faults: list[str] = []

    def alarm(dialog: Dialog) -> None:
        faults.append(f"a script said {dialog.message}")
        dialog.dismiss()

    page.on("dialog", alarm)
    for visit in visits:
        page.set_viewport_size({"width": DESK, "height": 900})
        page.emulate_media(color_scheme="light")
        person.open_app(visit.path)
        person.settled()
        visit.steps(person)
        person.settled()
        for width, scheme in FORMS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            person.settled()
            # The colours alone change with the scheme.
            rules = ("color-contrast",) if scheme == "dark" else ()
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"{visit.name} {width} {scheme}.png")
            faults += [f"{visit.name}, {width} px, {scheme}: {fault}" for fault in grave(page, *rules)]
            overflow = page.evaluate("document.documentElement.scrollWidth") - width
            if overflow > 0:
                faults.append(f"{visit.name}, {width} px: {overflow} px too wide")
        if (made := page.locator(MARKUP)).count():
            faults.append(f"{visit.name}: typed text became {made.first.evaluate('node => node.outerHTML')}")
    if PICTURES and faults:
        (Path(PICTURES) / f"faults {visits[0].name}.txt").write_text("\n".join(faults))
    return faults


@pytest.fixture
def town(app: App) -> Town:
    return Town(app)


class TestEveryPage:
    @pytest.mark.timeout(200)
    def test_for_strangers_and_newcomers(self, town: Town, new_person: NewPerson, signed_in: SignedIn) -> None:
        stranger, newcomer = new_person(), signed_in(town.newcomer)
        faults = faults_of(stranger, town.stranger_visits()) + faults_of(newcomer, town.newcomer_visits())
        assert faults == []

    @pytest.mark.timeout(280)
    def test_for_customers(self, town: Town, signed_in: SignedIn) -> None:
        assert faults_of(signed_in(town.ada), town.customer_visits()) == []

    @pytest.mark.timeout(280)
    def test_for_staff(self, town: Town, signed_in: SignedIn) -> None:
        assert faults_of(signed_in(town.staff), town.staff_visits()) == []
