"""From creating a user to right statistics of one's own transfer, all on the screen."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPerson
from tests.browser.person import PASSWORD, Person
from tests.e2e.conftest import Bank
from tests.e2e.people import photo

pytestmark = [pytest.mark.slow, pytest.mark.browser]

STAFF_EMAIL = "desk@example.com"
MEMO = "For **later** & <b>$5 or $6</b>"
# The design promises two minutes; beyond them nobody should have to wait.
STATISTICS_MS = 120_000
FIGURES = {
    "Closing balance": "€150.00",
    "Opening balance": "€0.00",
    "Money in": "€250.00",
    "Money out": "€100.00",
    "Net change": "€150.00",
    "Largest transaction": "€250.00",
    "Transactions": "2",
    "Active days": "1 day",
}


@pytest.fixture
def staff(bank: Bank, new_person: NewPerson) -> Person:
    """Somebody at the staff desk, signed in."""
    bank.tidemark(
        "staff", "add", "--email", STAFF_EMAIL, "--name", "Dana Desk", "--password-stdin", stdin=PASSWORD
    )
    person = new_person()
    person.email = STAFF_EMAIL
    person.sign_in()
    return person


def approve(staff: Person, customer: Person) -> None:
    staff.go("Review")
    staff.page.locator(".st-key-tm-queue").get_by_role(
        "button", name=re.compile(re.escape(customer.email))
    ).click()
    staff.says(customer.email)
    expect(staff.page.locator("img.tm-photo")).to_have_js_property("complete", True)
    staff.button("Approve").click()
    staff.button("Yes, approve").click()
    staff.says("is approved. Their accounts are open now.")


class TestMainJob:
    @pytest.mark.timeout(280)
    def test_a_newcomer_sees_right_statistics_of_their_own_transfer(
        self, new_person: NewPerson, staff: Person
    ) -> None:
        customer = new_person()
        customer.sign_up("Vera <i>Newcomer</i>", photo())
        customer.open_account("Checking")
        customer.go("Home")
        expect(customer.page.locator(".tm-head h1")).to_have_text("Hello, Vera")
        customer.says("Waiting for approval")

        approve(staff, customer)
        customer.open_account("Savings")
        customer.pay_in("250")
        customer.put_aside("100.00", MEMO)

        customer.go("Home")
        cards = customer.page.locator(".tm-card-balance")
        expect(cards).to_have_text(["€150.00", "€100.00"])
        expect(customer.page.locator(".tm-totals")).to_contain_text("€250.00")

        customer.go("Statements")
        lines = customer.page.locator(".tm-statement tbody tr:not(.tm-day)")
        expect(lines).to_have_count(2)
        expect(lines.first).to_contain_text("−€100.00")
        expect(lines.first).to_contain_text(MEMO)
        expect(lines.first).to_contain_text("€150.00")
        expect(lines.last).to_contain_text("+€250.00")

        customer.go("Statistics")
        for kind in ("Month", "Week", "Day"):
            customer.switch(kind)
            self.sees_figures(customer)

    def sees_figures(self, customer: Person) -> None:
        """Nobody touches the page meanwhile: it shows new figures by itself."""
        figures = customer.page.locator("[class*=st-key-stats_figure_] button").filter(visible=True)
        for label, value in FIGURES.items():
            figure = figures.filter(has_text=re.compile(rf"^{label}"))
            expect(figure.locator("strong")).to_have_text(value, timeout=STATISTICS_MS)
        expect(customer.page.locator(".tm-mark")).to_contain_text("Provisional")
        expect(customer.page.locator(".tm-fresh")).to_contain_text("Complete through")


class TestStaySignedIn:
    def test_over_a_refresh_until_signing_out(self, new_person: NewPerson) -> None:
        customer = new_person()
        customer.sign_up("Rea Fresh", photo())
        customer.page.reload()
        customer.says("We have your photo")
        customer.open_app("/profile")
        customer.says(customer.email)

        (cookie,) = [held for held in customer.page.context.cookies() if held["name"] == "tidemark_session"]
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"
        assert "tidemark_session" not in customer.page.evaluate("document.cookie")

        customer.sign_out()
        assert "tidemark_session" not in {held["name"] for held in customer.page.context.cookies()}
        customer.page.context.add_cookies(
            [{"name": cookie["name"], "value": cookie["value"], "url": customer.app}]
        )
        customer.open_app("/profile")
        expect(customer.button("Sign in")).to_be_visible()
        customer.says("Your session has ended")
        expect(customer.page.get_by_text(customer.email)).to_have_count(0)

    def test_on_a_phone(self, new_person: NewPerson) -> None:
        customer = new_person(width=390)
        customer.sign_up("Mo Bile", photo())
        customer.go("Open an account")
        customer.go("Profile")
        customer.says(customer.email)
        width = customer.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
