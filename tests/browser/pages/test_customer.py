"""What customers do beside moving money, in a browser: opening cards and rows, a photo by the camera, receipts."""

import re

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.pages.conftest import App, SignedIn

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def click_at(place: Locator) -> FloatRect:
    """Press the mouse in the middle of it, on whatever lies there; the rectangle that it takes."""
    expect(place).to_be_visible()
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    place.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return box


def number_text(number: str) -> str:
    return f"{number[:4]} {number[4:7]} {number[7:]}"


class TestHome:
    def test_the_whole_card_and_the_whole_row_open(self, app: App, signed_in: SignedIn) -> None:
        ada, bob = app.customer(), app.customer("Bob")
        mine, theirs = app.account(ada, 5000), app.account(bob)
        app.bank.move("transfer", mine["account_id"], theirs["account_id"], 1200, "rent")
        person = signed_in(ada)
        person.says(re.compile(r"so far, €50\.00 came in and €12\.00 went out"))
        click_at(person.page.locator(".tm-card-number"))
        expect(person.page.locator(".tm-head h1")).to_have_text("Statements")
        expect(person.page.locator(".tm-day .tm-num")).to_have_text("+€38.00")

        row = person.page.locator(".tm-row").first
        assert click_at(row.locator(".tm-num").last)["height"] >= 44
        expect(person.page.locator(".tm-amount")).to_have_text("−€12.00")


class TestPhoto:
    def test_is_taken_by_the_camera_where_it_is_allowed(self, app: App, signed_in: SignedIn) -> None:
        person = signed_in(app.customer(approved=False), "/identity")
        person.page.get_by_role("link", name="Use the camera instead").click()
        person.button("Send this photo").click()
        person.says("Take a photo first.")
        person.page.get_by_role("button", name="Take Photo").click()
        expect(person.page.get_by_role("button", name="Clear photo")).to_be_visible()
        person.button("Send this photo").click()
        person.says("We have your photo")
        (photo,) = app.bank.photos.values()
        assert photo.startswith(b"\xff\xd8\xff")
        policies = [
            person.page.request.get(app.url + path).headers["permissions-policy"] for path in ("/identity", "/")
        ]
        assert ["camera=(self)" in policies[0], "camera=()" in policies[1]] == [True, True]


class TestReceipt:
    def test_is_printed_and_shared(self, app: App, signed_in: SignedIn) -> None:
        ada, bob = app.customer(), app.customer("Bob")
        mine, theirs = app.account(ada, 5000), app.account(bob)
        app.bank.move("transfer", mine["account_id"], theirs["account_id"], 1200, "rent")
        line = app.bank.lines[mine["account_id"]][-1]
        person = signed_in(ada, permissions=["clipboard-read", "clipboard-write"])
        person.open_app(f"/account?account={mine['account_id']}&movement={line['transfer_id']}&at={line['time']}")
        person.sees("rent")
        person.settled()
        person.page.evaluate("window.print = () => { window.isPrinted = true }")
        person.page.get_by_role("button", name="Print or save").click()
        assert person.page.evaluate("window.isPrinted")
        person.page.get_by_role("button", name="Share").click()
        expect(person.page.get_by_role("button", name="Copied")).to_be_visible()
        shared = person.page.evaluate("navigator.clipboard.readText()")
        assert "rent" in shared
        assert line["transfer_id"] in shared
        assert "€38.00" not in shared
        person.page.emulate_media(media="print")
        expect(person.page.locator(".tm-amount")).to_be_visible()
        expect(person.page.get_by_test_id("stSidebar")).to_be_hidden()
        person.page.emulate_media(media="screen")
        person.fill("What you call " + number_text(theirs["number"]), "Landlord")
        person.button("Keep the name").click()
        person.says("To Landlord")
        person.button("Pay again").click()
        person.button("Review").click()
        person.says("Is this right?")
        person.button("Confirm").dblclick()
        person.says("Done")
        assert theirs["total"] == 2400


class TestReload:
    def test_what_a_form_held_comes_back_and_leaving_forgets_it(self, app: App, signed_in: SignedIn) -> None:
        ada = app.customer()
        account = app.account(ada, 5000)
        app.bank.move("deposit", "external:cash", account["account_id"], 700, "birthday")
        person = signed_in(ada, "/open")
        person.switch("Savings")
        person.fill("Your name for it (optional)", "Holidays")
        expect(person.page.get_by_text("For later: put something aside")).to_be_visible()
        person.page.reload()
        expect(person.page.get_by_role("textbox", name="Your name for it (optional)")).to_have_value("Holidays")
        person.says("For later: put something aside")
        person.button("Open the account").click()
        person.says("Your account is open.")
        person.page.reload()
        person.says("Your account is open.")
        assert len(app.bank.accounts) == 2

        person.go("Statements")
        person.choose("Account", re.compile(account["number"][-3:]))
        person.fill("Search", "rent")
        person.says("Nothing found")
        person.page.reload()
        person.says("Nothing found")
        person.fill("Search", "birthday")
        expect(person.page.locator(".tm-row")).to_have_count(1)
        person.page.locator(".tm-row .tm-link").click()
        expect(person.page.locator(".tm-amount")).to_have_text("+€7.00")
        person.button("Back to the statement").click()
        expect(person.page.get_by_role("textbox", name="Search")).to_have_value("birthday")
        person.go("Home")
        person.go("Statements")
        expect(person.page.get_by_role("textbox", name="Search")).to_have_value("")


class TestProfile:
    def test_a_password_is_changed_and_an_open_sign_in_ended(self, app: App, signed_in: SignedIn) -> None:
        ada = app.customer()
        app.bank.sign_in_elsewhere()
        person = signed_in(ada, "/profile")
        person.page.locator("summary", has_text="Where you are signed in").click()
        person.button("End").click()
        person.says("That sign-in is over.")
        assert not app.bank.other_sessions
        person.page.locator("summary", has_text="Change the password").click()
        person.fill("Your password now", "wrong")
        person.fill("New password", "another horse battery")
        person.button("Change the password").click()
        expect(person.page.locator(".tm-problem")).to_have_text("That is not your password.")
