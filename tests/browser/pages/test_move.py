"""Moving money, over reloads and by the keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages.conftest import App, SignedIn, User
from tests.browser.person import Person

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def ada(app: App) -> User:
    return app.customer()


@pytest.fixture
def accounts(app: App, ada: User) -> tuple[User, User]:
    """Checking with 500 euros, and savings."""
    return app.account(ada, 50_000), app.account(ada, type_="savings")


@pytest.fixture
def person(ada: User, accounts: tuple[User, User], signed_in: SignedIn) -> Person:
    person = signed_in(ada)
    person.go("Move money")
    return person


class TestReload:
    def test_every_step_comes_back(self, person: Person, accounts: tuple[User, User]) -> None:
        person.fill("Memo (optional)", "for **later**")
        person.fill("Amount in EUR", "12,50")
        expect(person.page).to_have_url(re.compile(r"/move\?draft=[0-9a-f-]{36}$"))
        person.settled()
        person.page.reload()
        expect(person.page.get_by_label("Amount in EUR")).to_have_value("12,50")
        expect(person.page.get_by_label("Memo (optional)")).to_have_value("for **later**")

        person.button("Review").click()
        person.says("Is this right?")
        person.page.reload()
        person.says("Is this right?")
        person.says("€12.50")

        person.button("Confirm").click()
        person.says("Done")
        person.page.reload()
        person.says("Done")
        person.says("€487.50")
        assert (accounts[0]["total"], accounts[1]["total"]) == (48_750, 1250)

    def test_a_reload_while_it_is_posted_posts_once(
        self, app: App, person: Person, accounts: tuple[User, User]
    ) -> None:
        person.fill("Amount in EUR", "10")
        person.button("Review").click()
        person.says("Is this right?")
        with app.gateway.holding("/account/transfer"):
            person.button("Confirm").click()
            while not app.gateway.calls_to("/account/transfer"):
                person.page.wait_for_timeout(50)
            person.page.reload()
            person.says("You confirmed this already.")
            person.button("Confirm").click()
        person.says("Done")
        assert (accounts[0]["total"], accounts[1]["total"]) == (49_000, 1000)
        assert len({call["Idempotency-Key"] for call in app.gateway.calls_to("/account/transfer")}) == 1


class TestLeaving:
    def test_what_was_left_does_not_come_back_with_another_account(
        self, person: Person, accounts: tuple[User, User]
    ) -> None:
        person.fill("Amount in EUR", "10")
        person.button("Review").click()
        person.says("Is this right?")
        person.go("Home")
        person.page.locator(f".st-key-card-{accounts[1]['account_id']}").get_by_text("Move money").click()
        expect(person.button("Review")).to_be_visible()
        expect(person.page.get_by_label("Amount in EUR")).to_have_value("")
        expect(person.page.get_by_role("combobox", name="From account")).to_have_value(re.compile("^Savings"))


class TestEnter:
    def test_asks_for_the_review(self, person: Person) -> None:
        # Once everything of the page is there, what listens for the key included.
        person.settled()
        amount = person.page.get_by_label("Amount in EUR")
        amount.fill("nonsense")
        amount.press("Enter")
        person.says("not an amount we understand")
        amount.fill("7")
        amount.press("Enter")
        person.says("Is this right?")
        person.says("€7.00")
