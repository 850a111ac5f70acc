"""Opening accounts and moving money: page by page."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import Page, button, pills, segmented, texts
from tests.ui.fake_gateway import DROP, FakeGateway

pytestmark = pytest.mark.slow

User = dict[str, Any]
NASTY = "**bold** $x^2$ <img src=x onerror=alert(1)> :smile: [a](javascript:1)"


def somebody_else(gateway: FakeGateway) -> dict[str, Any]:
    """An account of another customer."""
    body = {"name": "B", "email": "b@example.com", "phone": "+1", "password": "x"}
    other = gateway.bank.create_user(body, approved=True)
    return gateway.bank.open_account(other["user_id"], "checking", "EUR")


class TestOpenAnAccount:
    def test_under_a_name_of_ones_own(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "open")
        page.text_input(key="open_nickname").set_value("Holidays <b>")
        button(page, "Open the account").click().run()
        assert list(gateway.bank.nicknames.values()) == ["Holidays <b>"]
        assert "Holidays &lt;b&gt;" in texts(page)

    def test_opens_one_in_the_currency_chosen(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "open")
        segmented(page, 0).set_value("savings")
        page.selectbox(key="open_currency").set_value("JPY")
        button(page, "Open the account").click().run()
        (account,) = gateway.bank.accounts.values()
        assert (account["type"], account["currency"]) == ("savings", "JPY")
        assert page.success[0].value == "Your account is open."

    def test_what_was_opened_is_shown_as_it_is_now_and_another_begins_anew(
        self, visit: Page, gateway: FakeGateway, ada: User
    ) -> None:
        page = visit(ada, "open")
        page.text_input(key="open_nickname").set_value("Holidays")
        button(page, "Open the account").click().run()
        (account_id,) = gateway.bank.accounts
        gateway.bank.nicknames[ada["user_id"], account_id] = "Journeys"
        assert "Journeys" in texts(page.run())
        button(page, "Open another one").click().run()
        assert page.text_input(key="open_nickname").value == ""

    def test_the_bank_out_of_reach_loses_nothing(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "open")
        page.selectbox(key="open_currency").set_value("CZK")
        gateway.fail("/account/create", 503)
        button(page, "Open the account").click().run()
        assert "taking a break" in page.warning[0].value
        assert page.selectbox(key="open_currency").value == "CZK"


def fill_transfer(page: AppTest, amount: str, memo: str = "") -> AppTest:
    page.text_input(key="move_amount").set_value(amount)
    page.text_input(key="move_memo").set_value(memo)
    return button(page, "Review").click().run()


class TestMoveMoney:
    def test_transfer_between_own_accounts(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        page = fill_transfer(visit(ada, "move"), "1,000.00", NASTY)
        assert "€1,000.00" in texts(page)
        assert "&lt;img" in texts(page)
        assert not gateway.calls_to("/account/transfer")
        button(page, "Confirm").click().run()
        assert (checking["total"], savings["total"]) == (0, 100_000)
        assert gateway.bank.lines[savings["account_id"]][0]["memo"] == NASTY
        assert "Done" in texts(page)
        assert "€0.00" in texts(page)

    def test_to_somebody_else_by_number(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User
    ) -> None:
        theirs = somebody_else(gateway)
        page = visit(ada, "move")
        page.text_input(key="move_number").set_value(f" {theirs['number'][:5]} {theirs['number'][5:]} ")
        page = fill_transfer(page, "12.34")
        button(page, "Confirm").click().run()
        assert (checking["total"], theirs["total"]) == (98_766, 1234)

    @pytest.mark.parametrize(
        ("kind", "outside", "total"),
        [("deposit", "external:cheque", 101_250), ("withdraw", "external:cash", 98_750)],
    )
    def test_in_and_out(
        self,
        visit: Page,
        gateway: FakeGateway,
        ada: User,
        checking: User,
        kind: str,
        outside: str,
        total: int,
    ) -> None:
        page = visit(ada, "move")
        segmented(page, 0).set_value(kind).run()
        page.selectbox(key="move_outside").set_value(outside)
        page.text_input(key="move_amount").set_value("12.50")
        button(page, "Review").click().run()
        button(page, "Confirm").click().run()
        assert checking["total"] == total
        line = gateway.bank.lines[checking["account_id"]][-1]
        assert outside in (line["from"], line["to"])

    @pytest.mark.parametrize(
        ("typed", "said"),
        [("12,5050", "not an amount"), ("0", "more than zero"), ("1,000.01", "€1,000.00 in the account")],
    )
    def test_refuses_a_wrong_amount_and_keeps_what_was_typed(
        self, visit: Page, ada: User, checking: User, savings: User, typed: str, said: str
    ) -> None:
        page = fill_transfer(visit(ada, "move"), typed, "a memo")
        assert said in texts(page)
        assert page.text_input(key="move_amount").value == typed
        assert page.text_input(key="move_memo").value == "a memo"

    @pytest.mark.parametrize(
        ("typed", "said"),
        [("", "ten digits"), ("123", "ten digits"), ("12345678901", "ten digits"), ("4821 553 907", "a typo")],
    )
    def test_refuses_what_is_no_account_number(
        self, visit: Page, ada: User, checking: User, typed: str, said: str
    ) -> None:
        page = visit(ada, "move")
        page.text_input(key="move_number").set_value(typed)
        assert said in texts(fill_transfer(page, "1"))

    def test_the_way_back_keeps_everything(self, visit: Page, ada: User, checking: User, savings: User) -> None:
        page = fill_transfer(visit(ada, "move"), "5", "a memo")
        button(page, "Change something").click().run()
        assert page.text_input(key="move_amount").value == "5"
        assert page.text_input(key="move_memo").value == "a memo"

    def test_a_refusal_is_said_in_words_and_the_next_try_is_a_new_one(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        page = fill_transfer(visit(ada, "move"), "900")
        gateway.bank.move("withdrawal", checking["account_id"], "external:cash", 50_000, None)
        button(page, "Confirm").click().run()
        assert page.error[0].value == "There isn’t enough money in the account for this."
        gateway.bank.move("deposit", "external:cash", checking["account_id"], 50_000, None)
        button(page, "Confirm").click().run()
        assert savings["total"] == 90_000
        keys = {call["Idempotency-Key"] for call in gateway.calls_to("/account/transfer")}
        assert len(keys) == 2

    def test_a_lost_reply_is_tried_with_the_same_key(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        page = fill_transfer(visit(ada, "move"), "10")
        gateway.fail("/account/transfer", DROP, times=3, after_doing=True)
        button(page, "Confirm").click().run()
        assert "did not answer in time" in page.warning[0].value
        assert "posts it only once" in texts(page)
        button(page, "Confirm").click().run()
        assert "Done" in texts(page)
        assert savings["total"] == 1000
        keys = {call["Idempotency-Key"] for call in gateway.calls_to("/account/transfer")}
        assert len(keys) == 1

    def test_a_second_click_posts_nothing_more(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        page = fill_transfer(visit(ada, "move"), "10")
        (work,) = page.session_state["sign_in"].unfinished.values()
        button(page, "Confirm").click().run()
        # What a second click does that arrives while the first is being answered.
        work.draft.posted = None
        page.run()
        assert "posts it only once" in page.info[0].value
        button(page, "Confirm").click().run()
        assert savings["total"] == 1000

    def test_without_an_approval_nothing_moves(self, visit: Page, ada: User, checking: User) -> None:
        ada |= {"approved": False, "photo_status": "pending"}
        page = visit(ada, "move")
        assert not page.text_input
        assert page.info

    def test_who_was_paid_is_kept_by_name_and_offered_again(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User
    ) -> None:
        theirs = somebody_else(gateway)
        page = visit(ada, "move")
        page.text_input(key="move_number").set_value(theirs["number"])
        page.text_input(key="move_name").set_value("Landlord")
        page = fill_transfer(page, "12")
        assert "You have not paid this account before" in page.info[0].value
        assert not gateway.bank.payees
        button(page, "Confirm").click().run()
        assert gateway.bank.payees == {(ada["user_id"], theirs["number"]): "Landlord"}
        assert "Landlord" in texts(page)

        page = visit(ada, "move")
        pills(page, 0).set_value(theirs["number"]).run()
        assert page.text_input(key="move_name").value == "Landlord"
        page = fill_transfer(page, "3")
        assert not page.info
        button(page, "Confirm").click().run()
        assert theirs["total"] == 1500

    def test_same_again_begins_filled_in_and_is_another_movement(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        page = fill_transfer(visit(ada, "move"), "10", "a memo")
        button(page, "Confirm").click().run()
        button(page, "Same again").click().run()
        assert page.text_input(key="move_amount").value == "10"
        assert page.text_input(key="move_memo").value == "a memo"
        button(page, "Review").click().run()
        button(page, "Confirm").click().run()
        assert savings["total"] == 2000

    def test_says_what_is_available(self, visit: Page, ada: User, checking: User, savings: User) -> None:
        checking["overdraft_limit"] = 50_00
        assert "€1\\,050\\.00 available" in texts(visit(ada, "move"))
