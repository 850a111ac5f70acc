"""Addresses that lead nowhere say so in the app's own words."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages.conftest import App, SignedIn

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class TestNoPage:
    @pytest.mark.parametrize("path", ["/nonsense", "/account/of/somebody"])
    def test_says_so_and_leads_home(self, app: App, signed_in: SignedIn, path: str) -> None:
        person = signed_in(app.customer(), path)
        person.says("There is no page at this address")
        person.button("Home").click()
        expect(person.page.locator(".tm-head h1")).to_have_text("Hello, Ada")


class TestOutsideTheMenu:
    def test_says_whose_the_page_is(self, app: App, signed_in: SignedIn) -> None:
        person = signed_in(app.customer(), "/review")
        person.says("Your role does not include reviewing customers.")
        expect(person.page.get_by_role("dialog")).to_have_count(0)
