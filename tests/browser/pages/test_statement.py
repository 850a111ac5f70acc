"""The statement in a browser: who is on the other side, reversals, the bank's days."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.pages.conftest import App, SignedIn

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class TestOtherSide:
    def test_tells_number_and_direction_and_no_name(self, app: App, signed_in: SignedIn) -> None:
        ada, bob = app.customer(), app.customer("Bob")
        mine, theirs = app.account(ada, 5000), app.account(bob)
        app.bank.move("transfer", mine["account_id"], theirs["account_id"], 1200, "rent")
        number = f"{theirs['number'][:4]} {theirs['number'][4:7]} {theirs['number'][7:]}"
        person = signed_in(ada, "/account")
        line = person.page.locator(".tm-statement tbody tr:not(.tm-day)").first
        expect(line).to_contain_text(f"To Account {number}")
        expect(person.page.locator(".tm-statement")).not_to_contain_text("Bob")

        line.get_by_role("link").click()
        expect(person.page.locator(".tm-amount")).to_have_text("−€12.00")
        person.sees("rent")
        person.button("Back to the statement").click()
        expect(person.page.locator(".tm-statement")).to_be_visible()


class TestReversal:
    def test_leads_to_the_original_and_back(self, app: App, signed_in: SignedIn) -> None:
        ada, bob = app.customer(), app.customer("Bob")
        mine, theirs = app.account(ada, 5000), app.account(bob)
        app.bank.move("transfer", mine["account_id"], theirs["account_id"], 1200, None)
        app.bank.reverse(app.bank.lines[mine["account_id"]][-1])
        person = signed_in(ada, "/account")
        lines = person.page.locator(".tm-statement tbody tr:not(.tm-day)")
        expect(lines.first).to_contain_text("Reversal: back from Account")
        lines.first.get_by_role("link", name=re.compile("^Reversal of the movement")).click()
        expect(person.page.locator(".tm-amount")).to_have_text("−€12.00")
        person.page.get_by_role("link", name=re.compile("^Reversed on")).click()
        expect(person.page.locator(".tm-amount")).to_have_text("+€12.00")


class TestDays:
    def test_are_cut_by_the_banks_clock_wherever_the_browser_is(self, app: App, signed_in: SignedIn) -> None:
        app.bank.time_zone = "Asia/Tokyo"
        ada = app.customer()
        account = app.account(ada)
        noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
        # 23:30 in Tokyo and half an hour after the next midnight there; one day in New York.
        for at in (noon.replace(hour=14, minute=30), noon.replace(hour=15, minute=30)):
            app.bank.move("deposit", "external:cash", account["account_id"], 100, None, at=at.isoformat())
        person = signed_in(ada, "/account", timezone_id="America/New_York")
        expect(person.page.locator(".tm-statement .tm-day")).to_have_count(2)
        expect(person.page.locator(".tm-statement tbody")).to_contain_text("23:30")
        person.says("the bank’s time zone, Asia/Tokyo")


class TestHome:
    def test_a_transfer_between_own_accounts_is_one_movement(self, app: App, signed_in: SignedIn) -> None:
        ada = app.customer()
        mine, savings = app.account(ada, 5000), app.account(ada, type_="savings")
        app.bank.move("transfer", mine["account_id"], savings["account_id"], 1200, "aside")
        person = signed_in(ada)
        expect(person.page.locator(".tm-statement tbody tr").filter(has_text="aside")).to_have_count(1)

    def test_icons_of_buttons_in_an_empty_place_can_be_seen(self, app: App, signed_in: SignedIn) -> None:
        person = signed_in(app.customer())
        icon = person.button("Open an account").locator('[role="img"], [data-testid="stIconMaterial"]').first
        colours = icon.evaluate("e => [getComputedStyle(e).color, getComputedStyle(e.closest('button')).color]")
        assert colours[0] == colours[1]
