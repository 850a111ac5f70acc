"""The way in says what is wrong, under the field that it is about."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPerson
from tests.browser.pages.conftest import App
from tests.browser.person import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class TestSignIn:
    def test_a_malformed_email_is_said_and_the_last_problem_is_gone(self, app: App, new_person: NewPerson) -> None:
        app.customer()
        person = new_person().open_app()
        problems = person.page.locator(".tm-problem")
        person.fill("Email", "ada@example.com")
        person.fill("Password", "wrong")
        person.button("Sign in").click()
        expect(problems).to_contain_text(["Email and password don’t match"])
        person.fill("Email", "ada@")
        person.button("Sign in").click()
        expect(problems).to_have_text(["Write the whole address, such as you@example.com."])
        person.fill("Email", "ada@example.com")
        person.fill("Password", PASSWORD)
        person.page.get_by_label("Password", exact=True).press("Enter")
        expect(person.page.locator(".tm-head h1")).to_have_text("Hello, Ada")


class TestCreate:
    def test_every_field_says_what_is_wrong(self, new_person: NewPerson) -> None:
        person = new_person().open_app()
        person.switch("Create a user")
        expect(person.page.get_by_role("textbox", name="Full name")).to_be_visible()
        expect(person.button("Sign in")).to_have_count(0)
        person.fill("Email", "nobody")
        person.button("Create my user").click()
        expect(person.page.locator(".tm-problem")).to_have_text(
            [
                "Type your name.",
                "Write the whole address, such as you@example.com.",
                "Type your mobile number.",
                "The password needs at least 12 characters.",
            ]
        )
