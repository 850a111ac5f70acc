"""Text in fields outlives a reload."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPerson
from tests.browser.pages.conftest import App
from tests.browser.person import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class TestReload:
    def test_the_form_of_a_new_user_comes_back_but_for_the_password(self, app: App, new_person: NewPerson) -> None:
        person = new_person().open_app()
        person.switch("Create a user")
        typed = {"Full name": "Nina New", "Email": "nina@example.com", "Mobile number": "+420 601 123 456"}
        expect(person.button("Sign in")).to_have_count(0)
        for label, text in {**typed, "Password": PASSWORD}.items():
            person.fill(label, text)
        person.page.reload()
        for label, text in typed.items():
            expect(person.page.get_by_label(label, exact=True)).to_have_value(text)
        expect(person.page.get_by_label("Password", exact=True)).to_have_value("")
        person.fill("Password", PASSWORD)
        person.button("Create my user").click()
        expect(person.page.locator(".tm-head h1")).to_have_text("Confirm who you are")
        assert [user["phone"] for user in app.bank.users.values()] == ["+420 601 123 456"]
        person.settled()
        assert (
            person.page.evaluate("Object.keys(sessionStorage).filter(name => name.startsWith('tidemark'))") == []
        )
