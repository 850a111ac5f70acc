"""A joint account, from the invitation to leaving it."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages.conftest import App, SignedIn

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class TestJointAccount:
    def test_is_offered_accepted_used_and_left(self, app: App, signed_in: SignedIn) -> None:
        ada, bob = app.customer(), app.customer("Bob")
        account = app.account(bob, 5000)

        host = signed_in(bob, "/sharing")
        host.fill("Invite somebody, by their customer id", ada["user_id"])
        host.button("Invite").click()
        host.says("The invitation is on its way.")

        guest = signed_in(ada)
        guest.says("You are invited to share an account.")
        expect(guest.page.get_by_text("€50.00")).to_have_count(0)
        guest.button("Look at it").click()
        guest.says("Invited by")
        guest.button("Accept").dblclick()
        guest.says("The account is yours too.")
        guest.go("Home")
        expect(guest.page.locator(".tm-card")).to_contain_text("Joint")
        guest.says("€50.00")

        guest.go("Joint accounts")
        guest.button("Leave").dblclick()
        guest.says("Only the other owners can bring you back.")
        assert ada["user_id"] in app.bank.owners(account["account_id"])
        guest.button("Yes, leave").click()
        guest.says("You have left the account.")
        assert app.bank.owners(account["account_id"]) == [bob["user_id"]]
        assert host.complaints == guest.complaints == []
