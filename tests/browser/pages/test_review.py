"""Staff's decisions, one person at a time, however impatient the clicks."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages.conftest import App, SignedIn, User
from tests.browser.person import Person
from tests.e2e.people import photo

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def waiting(app: App) -> list[User]:
    """Three people whose photos wait."""
    people = [
        app.customer(name, approved=False, photo_status="pending") for name in ("Petra", "Quido", "Rosa <b>R</b>")
    ]
    for user in people:
        app.bank.photos[user["user_id"]] = photo()
    return people


@pytest.fixture
def desk(app: App, waiting: list[User], signed_in: SignedIn) -> Person:
    return signed_in(app.customer("Sam", roles=("staff",)), "/review")


class TestApprove:
    def test_clicks_at_one_place_approve_nobody_else(self, app: App, waiting: list[User], desk: Person) -> None:
        desk.sees("petra@example.com")
        at = desk.button("Approve").bounding_box()
        assert at is not None
        middle = (at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
        for _ in range(4):
            desk.page.mouse.click(*middle)
            # The pause between two clicks of somebody who saw nothing happen.
            desk.page.wait_for_timeout(1200)
        assert [user["approved"] for user in waiting] == [False, False, False]
        desk.button("Yes, approve").dblclick()
        desk.says("Their accounts are open now.")
        desk.page.mouse.click(*middle)
        desk.button("Next person (2 waiting)").click()
        desk.sees("quido@example.com")
        assert [user["approved"] for user in waiting] == [True, False, False]

    def test_the_keyboard_goes_through_the_list(self, app: App, waiting: list[User], desk: Person) -> None:
        desk.sees("petra@example.com")
        desk.page.keyboard.press("j")
        desk.sees("quido@example.com")
        desk.page.keyboard.press("a")
        desk.says("Approve Quido?")
        desk.page.keyboard.press("Escape")
        desk.page.keyboard.press("k")
        expect(desk.button("Approve")).to_be_visible()
        desk.page.keyboard.press("a")
        desk.says("Approve Petra?")
        desk.settled()
        desk.page.keyboard.press("y")
        desk.says("Their accounts are open now.")
        assert [user["approved"] for user in waiting] == [True, False, False]


class TestReject:
    def test_says_first_what_the_customer_will_read(self, waiting: list[User], desk: Person) -> None:
        desk.sees("petra@example.com")
        reason = desk.page.get_by_role("combobox", name=re.compile("Reason for a rejection"))
        for _ in range(40):
            # The page listens to the key a moment after it shows the case.
            desk.page.keyboard.press("r")
            desk.page.wait_for_timeout(500)
            if reason.is_visible():
                break
        desk.choose("Reason for a rejection", "The document has expired.")
        desk.says("They will read: The document has expired.")
        assert waiting[0]["photo_status"] == "pending"
        desk.button("Yes, reject").click()
        desk.says("was told why")
        assert (waiting[0]["photo_status"], waiting[0]["photo_reason"]) == (
            "rejected",
            "The document has expired.",
        )


class TestEnlarge:
    def test_shows_the_photo_large(self, desk: Person) -> None:
        desk.button("Enlarge").click()
        expect(desk.page.get_by_role("dialog").locator("img.tm-photo")).to_be_visible()
