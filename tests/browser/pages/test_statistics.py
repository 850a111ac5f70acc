"""Statistics in a browser: fair comparisons, and the transactions behind figures and bars."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.pages.conftest import App, SignedIn, User
from tests.browser.person import Person

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def account(app: App) -> User:
    """An account that is paid at the first moment of yesterday and today, and at the last of yesterday."""
    ada = app.customer()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    account = app.account(ada)
    account["opened_at"] = (today - timedelta(days=1)).isoformat()
    for at, amount in (
        (today - timedelta(days=1), 10_000),
        (today - timedelta(milliseconds=1), 90_000),
        (today, 15_000),
    ):
        app.bank.move("deposit", "external:cash", account["account_id"], amount, None, at=at.isoformat())
    app.bank.publish()
    return {"user": ada, **account}


@pytest.fixture(params=[1440, 390], ids=["desktop", "phone"])
def person(request: pytest.FixtureRequest, account: User, signed_in: SignedIn) -> Person:
    path = f"/statistics?account={account['account_id']}"
    person = signed_in(account["user"], path, width=request.param)
    person.switch("Day")
    expect(figure(person, "inflow")).to_contain_text("€150.00")
    return person


def figure(person: Person, name: str) -> Locator:
    # A button with a tooltip is there twice: one of them is for touch.
    return person.page.locator(f".st-key-stats_figure_{name} button").filter(visible=True)


class TestCompare:
    def test_a_running_day_is_held_against_the_same_stretch(self, person: Person) -> None:
        # 150 euros so far; at this time of day it was 100 yesterday, which ended with 1,000.
        expect(figure(person, "inflow")).to_contain_text("€50.00 more than by")
        expect(figure(person, "inflow")).to_contain_text("(+50%)")


class TestFigure:
    def test_opens_the_transactions_that_come_to_it(self, person: Person) -> None:
        figure(person, "inflow").click()
        window = person.page.get_by_role("dialog")
        expect(window.locator(".tm-verdict")).to_contain_text("Their sum €150.00 ✓ equals the figure")
        expect(window.locator("td.tm-in")).to_have_text(["+€150.00"])
        table = window.locator(".tm-statement")
        assert table.evaluate("t => t.scrollWidth <= t.parentElement.clientWidth")
        window.get_by_role("button", name="Close").click()
        expect(window).to_have_count(0)
        # It stays closed, whatever the page does next.
        person.switch("Week")
        expect(person.page.locator(".tm-headline")).to_contain_text("Week of")
        expect(window).to_have_count(0)


class TestBar:
    def test_opens_the_transactions_of_its_period(self, person: Person) -> None:
        bars = person.page.locator("[class*=st-key-stats_bars_inflow_daily] [aria-roledescription=bar]")
        # The older of the two days.
        bars.first.click()
        window = person.page.get_by_role("dialog")
        expect(window.locator(".tm-verdict")).to_contain_text("Their sum €1,000.00 ✓ equals the figure")
        expect(window.locator("td.tm-in")).to_have_text(["+€900.00", "+€100.00"])


class TestSize:
    def test_takes_two_screens_at_most(self, person: Person) -> None:
        if person.page.viewport_size == {"width": 1440, "height": 900}:
            height = person.page.evaluate(
                "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
            )
            assert height <= 1800
        assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
