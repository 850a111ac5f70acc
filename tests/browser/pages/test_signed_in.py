"""Staying signed in: in several tabs, over the app's own restart; and being signed out everywhere."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson
from tests.browser.pages.conftest import App, SignedIn, User
from tests.browser.person import PATIENCE_MS, Person

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def ada(app: App) -> User:
    ada = app.customer()
    app.account(ada, 50_000)
    app.account(ada, type_="savings")
    return ada


def another_tab(person: Person, path: str) -> Page:
    tab = person.page.context.new_page()
    tab.goto(person.app + path)
    return tab


def forgive(person: Person) -> None:
    """The browser complains of an app that was gone for a moment: rightly so."""
    person.complaints.clear()


class TestRestart:
    def test_the_person_is_where_they_were(self, app: App, ada: User, signed_in: SignedIn) -> None:
        person = signed_in(ada, "/move")
        person.fill("Amount in EUR", "12,50")
        person.button("Review").click()
        person.says("Is this right?")
        app.kill()
        app.start()
        # Its page notices by itself; somebody impatient reloads.
        person.page.reload()
        person.says("Is this right?")
        person.says("€12.50")
        person.button("Confirm").click()
        person.says("Done")
        assert len({call["Idempotency-Key"] for call in app.gateway.calls_to("/account/transfer")}) == 1
        forgive(person)

    def test_who_signed_out_stays_out(self, app: App, ada: User, signed_in: SignedIn) -> None:
        person = signed_in(ada)
        (cookie,) = [held for held in person.page.context.cookies() if held["name"] == "tidemark_session"]
        person.sign_out()
        app.kill()
        app.start()
        person.page.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": person.app}])
        person.open_app("/profile")
        expect(person.button("Sign in")).to_be_visible()
        forgive(person)


class TestTabs:
    def test_share_the_sign_in_and_its_end(self, ada: User, signed_in: SignedIn) -> None:
        person = signed_in(ada)
        other = another_tab(person, "/profile")
        expect(other.get_by_text("ada@example.com").first).to_be_visible(timeout=PATIENCE_MS)
        person.sign_out()
        # By itself, within some ten seconds.
        expect(other.get_by_text(re.compile("Your session has ended")).first).to_be_visible(timeout=PATIENCE_MS)
        expect(other.get_by_text("ada@example.com")).to_have_count(0)


class TestEndedByTheBank:
    def test_says_so_kindly_and_keeps_what_was_typed(self, app: App, ada: User, signed_in: SignedIn) -> None:
        person = signed_in(ada, "/move")
        person.fill("Amount in EUR", "12,50")
        expect(person.page).to_have_url(re.compile(r"draft="))
        app.bank.tokens.clear()
        person.fill("Memo (optional)", "rent")
        person.says("what you were filling in is still there")
        person.fill("Email", ada["email"])
        person.fill("Password", "correct horse battery staple")
        person.button("Sign in").click()
        expect(person.page.get_by_label("Amount in EUR")).to_have_value("12,50")


class TestLanguage:
    def test_is_the_browsers_until_one_is_chosen_and_kept(self, ada: User, new_person: NewPerson) -> None:
        person = new_person(locale="de-AT")
        person.open_app()
        expect(person.page.locator("html")).to_have_attribute("lang", "de")
        person.fill("E-Mail", ada["email"])
        person.fill("Passwort", "correct horse battery staple")
        person.button("Anmelden").click()
        person.says("€ 500,00")
        person.page.get_by_test_id("stSidebar").get_by_role("radio", name="English").click()
        person.says("€500.00")
        expect(person.page.locator("html")).to_have_attribute("lang", "en")
        person.page.reload()
        person.says("€500.00")
        other = another_tab(person, "/profile")
        expect(other.locator(".tm-head h1")).to_have_text("Profile")
