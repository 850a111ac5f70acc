"""Statistics in a browser: fair comparisons, and the transactions behind the figures."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

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


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def person(request: pytest.FixtureRequest, account: User, signed_in: SignedIn) -> Person:
    path = f"/statistics?account={account['account_id']}"
    return signed_in(account["user"], path, width=request.param)


class TestCompare:
    def test_a_running_day_is_held_against_the_same_stretch(self, person: Person) -> None:
        tile = person.page.locator(".tm-tile").filter(has_text="Money in")
        # 150 euros so far; at this time of day it was 100 yesterday, which ended with 1,000.
        expect(tile.locator(".tm-tile-note")).to_contain_text("€50.00 more than by")
        expect(tile.locator(".tm-tile-note")).to_contain_text("(+50%)")
        expect(tile.locator(".tm-tile-note")).to_be_visible()


class TestBehind:
    def test_their_sums_are_the_figures(self, person: Person) -> None:
        person.page.get_by_text("Show the 1 transaction behind these figures").click()
        sums = person.page.locator(".tm-statement .tm-sum")
        expect(sums).to_contain_text(["€150.00", "€0.00", "€150.00"])
        expect(sums).to_contain_text(["equals the figure"] * 3)
        expect(person.page.locator(".tm-statement td.tm-in")).to_have_text(["+€150.00"])
        table = person.page.locator(".tm-statement")
        assert table.evaluate("t => t.scrollWidth <= t.parentElement.clientWidth")
        cells = sums.locator("td")
        assert all(cell.evaluate("c => c.scrollWidth <= c.clientWidth + 1") for cell in cells.all())
