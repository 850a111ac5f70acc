"""How long a click takes in the app: one person in a real browser, then eight at once."""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.bench.report import Table
from tests.browser.chromium import ARGUMENTS, MISSING, executable
from tests.e2e.people import Person

WAIT_MS = 20_000
# Median in seconds on a quiet machine before the app had these pages (2 cores).
BEFORE_S = {"sign in": 0.56, "reload Home": 0.52, "menu": 0.27, "review": 0.33, "confirm": 0.33, "period": 0.35}


@dataclass(frozen=True)
class Size:
    """`rounds` of everything for one person; one round each for `people` at once."""

    rounds: int = 5
    people: int = 8


@dataclass
class Clicks:
    """Seconds from the click to the settled page, by what was clicked."""

    page: Page
    app: str
    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @asynccontextmanager
    async def timed(self, what: str, shows: str) -> AsyncIterator[None]:
        """The click is made inside; it ends when `shows` is there and the server has no more to draw."""
        begun = time.perf_counter()
        yield
        await expect(self.page.locator(shows).first).to_be_visible(timeout=WAIT_MS)
        app = self.page.get_by_test_id("stApp")
        await expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=WAIT_MS)
        self.taken[what].append(time.perf_counter() - begun)

    async def sign_in(self, person: Person) -> None:
        page = self.page
        await page.goto(self.app)
        await page.get_by_label("Email", exact=True).fill(person.email)
        await page.get_by_label("Password", exact=True).fill(person.password)
        async with self.timed("sign in", ".tm-card"):
            await page.get_by_test_id("stMain").get_by_role("button", name="Sign in").click()

    async def round(self) -> None:
        """The menu, a movement, the periods, a reload."""
        page = self.page
        main, menu = page.get_by_test_id("stMain"), page.get_by_test_id("stSidebarNav")
        for name, shows in (("Statements", ".tm-statement"), ("Profile", ".tm-facts"), ("Move money", "input")):
            async with self.timed("menu", f".tm-head h1:text-is('{name}')"):
                await menu.get_by_role("link", name=name, exact=True).click()
            await expect(page.locator(shows).first).to_be_visible(timeout=WAIT_MS)
        amount = main.get_by_label("Amount in EUR")
        await amount.fill("1")
        await amount.press("Tab")
        async with self.timed("review", "text=Is this right?"):
            await main.get_by_role("button", name="Review").click()
        async with self.timed("confirm", ".tm-done"):
            await main.get_by_role("button", name="Confirm").click()
        async with self.timed("menu", ".tm-head h1:text-is('Statistics')"):
            await menu.get_by_role("link", name="Statistics", exact=True).click()
        for period in ("Week", "Day", "Month"):
            async with self.timed("period", f"[role=radio][aria-checked=true]:has-text('{period}')"):
                await main.get_by_role("radio", name=period, exact=True).click()
        async with self.timed("menu", ".tm-card"):
            await menu.get_by_role("link", name="Home", exact=True).click()
        async with self.timed("reload Home", ".tm-card"):
            await page.reload()


async def _browse(browser: Browser, app: str, person: Person, rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
        clicks = Clicks(await context.new_page(), app)
        await clicks.sign_in(person)
        await clicks.round()
        await context.close()
        for what, times in clicks.taken.items():
            taken[what] += times
    return taken


async def _measure(
    app: str, people: list[Person], size: Size
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    async with async_playwright() as playwright:
        path = executable(playwright.chromium.executable_path)
        if path is None:
            raise SystemExit(MISSING)
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        # The first of all pays for imports and caches, which nobody else does.
        await _browse(browser, app, people[0], 1)
        alone = await _browse(browser, app, people[0], size.rounds)
        several = await asyncio.gather(*(_browse(browser, app, person, 1) for person in people[: size.people]))
        together: dict[str, list[float]] = defaultdict(list)
        for taken in several:
            for what, times in taken.items():
                together[what] += times
        await browser.close()
    return alone, together


def furnish(person: Person) -> None:
    """Two accounts with a little history."""
    checking = person.open_account()["account_id"]
    savings = person.open_account("savings")["account_id"]
    person.deposit(checking, 1_000_000)
    for amount in range(1, 31):
        person.transfer(checking, savings, amount * 100, "put aside")


def run(app: str, people: list[Person], size: Size, tell: Callable[[str], None]) -> list[Table]:
    """`app`: its address; the people are approved and own nothing yet."""
    for person in people:
        furnish(person)
    tell(f"{len(people)} people have accounts")
    alone, together = asyncio.run(_measure(app, people, size))
    made = Table(
        "The app",
        f"From a click to the settled page, in seconds, in Chromium on the same machine: one person, median of "
        f"{size.rounds} rounds; then {size.people} people at once.",
        ["", "one person", "before", f"{size.people} at once, median", "slowest"],
    )
    for what, times in alone.items():
        rest = together[what]
        made.add(
            what,
            f"**{statistics.median(times):.2f}**",
            f"{BEFORE_S[what]:.2f}",
            f"{statistics.median(rest):.2f}",
            f"{max(rest):.2f} (goal ≤ 2)",
        )
    return [made]
