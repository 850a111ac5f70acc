"""The way of staff from a name to a reversal, and that the pages of the desk draw."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.browser.pages.conftest import App, SignedIn

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class TestPeople:
    def test_from_a_name_to_a_reversal(self, app: App, signed_in: SignedIn) -> None:
        ada, staff = app.customer(), app.customer("Sam Staff", roles=("staff",))
        account = app.account(ada, 5000)
        desk = signed_in(staff, "/people")
        desk.fill("Name, email, phone, account number or id", "lovelace ada")
        main = desk.page.get_by_test_id("stMain")
        main.get_by_role("link", name="Ada Lovelace").click()
        desk.says("Customer since")
        main.get_by_role("link", name=account["number"][:4]).click()
        desk.page.get_by_role("link", name="From Cash").click()
        desk.fill("Reason for a reversal", "Paid in twice")
        desk.button("Reverse").dblclick()
        desk.says("Both sides read: Paid in twice")
        assert account["total"] == 5000
        desk.button("Yes, reverse it").dblclick()
        desk.says("Reversed on")
        assert account["total"] == 0
        assert len(app.bank.lines[account["account_id"]]) == 2
        # The way back, as browsers have it.
        desk.page.go_back()
        desk.says("Owners")
        main.get_by_role("link", name="Find somebody else").click()
        expect(main.get_by_label("Name, email, phone, account number or id")).to_be_visible()


class TestBank:
    def test_draws_its_charts(self, app: App, signed_in: SignedIn) -> None:
        app.bank.publish()
        app.bank.desk.bank_day(datetime.now(UTC).date())
        desk = signed_in(app.customer("Sam Staff", roles=("staff",)), "/bank")
        expect(desk.page.locator("[class*=st-key-tm-chart-bank] svg.marks")).to_have_count(8)


class TestPipeline:
    def test_shows_a_new_run_by_itself(self, app: App, signed_in: SignedIn) -> None:
        app.bank.publish()
        desk = signed_in(app.customer("Sam Staff", roles=("staff",)), "/pipeline")
        desk.says("Current")
        app.bank.desk.runs.append(
            {"run_id": "r", "kind": "backfill", "outcome": "running", "started_at": "2026-11-20T10:05:00Z"}
        )
        desk.says("Backfill")
