"""Opening accounts, moving money, reading statements: page by page."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import Page, button, pills, segmented, texts
from tests.ui.fake_gateway import DROP, FakeGateway

pytestmark = pytest.mark.slow

User = dict[str, Any]
NASTY = "**bold** $x^2$ <img src=x onerror=alert(1)> :smile: [a](javascript:1)"


@pytest.fixture
def checking(gateway: FakeGateway, ada: User) -> dict[str, Any]:
    account = gateway.bank.open_account(ada["user_id"], "checking", "EUR")
    gateway.bank.move("deposit", "external:cash", account["account_id"], 100_000, None)
    return account


@pytest.fixture
def savings(gateway: FakeGateway, ada: User) -> dict[str, Any]:
    return gateway.bank.open_account(ada["user_id"], "savings", "EUR")


def somebody_else(gateway: FakeGateway) -> dict[str, Any]:
    """An account of another customer."""
    body = {"name": "B", "email": "b@example.com", "phone": "+1", "password": "x"}
    other = gateway.bank.create_user(body, approved=True)
    return gateway.bank.open_account(other["user_id"], "checking", "EUR")


class TestHome:
    def test_without_an_account_says_what_to_do(self, visit: Page, ada: User) -> None:
        page = visit(ada)
        assert "Open your first account" in texts(page)
        assert button(page, "Open an account")

    def test_an_account_that_nothing_moved_on_is_shown(self, visit: Page, ada: User, savings: User) -> None:
        page = visit(ada)
        assert not page.exception
        assert savings["number"][7:] in texts(page)

    def test_shows_cards_and_a_total_per_currency(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        yen = gateway.bank.open_account(ada["user_id"], "checking", "JPY")
        gateway.bank.move("deposit", "external:cash", yen["account_id"], 5000, None)
        gateway.bank.move("transfer", checking["account_id"], savings["account_id"], 25_000, None)
        closed = gateway.bank.open_account(ada["user_id"], "savings", "USD", closed_at="2026-01-01T00:00:00Z")
        said = texts(visit(ada))
        for text in ("€750.00", "€250.00", "€1,000.00", "¥5,000", "Closed"):
            assert text in said
        assert f"{checking['number'][:4]} {checking['number'][4:7]} {checking['number'][7:]}" in said
        assert "Total in USD" not in said
        assert closed["number"][7:] in said

    def test_lists_the_latest_movements_of_all_accounts(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        for amount in range(1, 9):
            gateway.bank.move("transfer", checking["account_id"], savings["account_id"], amount, f"no. {amount}")
        page = visit(ada)
        said = texts(page)
        assert "Latest movements" in said
        assert said.count("no. 8") == 1
        assert "no. 3" in said
        assert "no. 2" not in said
        assert f"Savings ·· {savings['number'][-4:]}" in said

    @pytest.mark.parametrize(
        ("status", "reason", "said"),
        [
            ("missing", None, "One step left"),
            ("pending", None, "We are confirming who you are"),
            ("rejected", "Too **dark**", "Too \\*\\*dark\\*\\*"),
        ],
    )
    def test_says_what_is_missing_before_money_moves(
        self, visit: Page, ada: User, checking: User, status: str, reason: str | None, said: str
    ) -> None:
        ada |= {"approved": False, "photo_status": status, "photo_reason": reason}
        page = visit(ada)
        banners = [*page.warning, *page.error, *page.info]
        assert any(said in f"{banner.value} {banner.proto.title}" for banner in banners)
        # The ways of an account; the bar of pages has none of it.
        ways = [link.proto.label for link in page.page_link if "account=" in link.proto.query_string]
        assert "Statistics" in ways
        assert "Move money" not in ways

    def test_names_stay_text(self, visit: Page, ada: User) -> None:
        ada["name"] = NASTY.replace(" ", "\u00a0")
        said = texts(visit(ada))
        assert "<img" not in said
        assert "&lt;img" in said

    def test_says_what_the_month_brought_without_what_moved_between_own_accounts(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        gateway.bank.move("transfer", checking["account_id"], savings["account_id"], 30_000, None)
        gateway.bank.move("withdrawal", checking["account_id"], "external:cash", 2_500, None)
        gateway.bank.move("deposit", "external:cash", savings["account_id"], 99, None, at="2020-01-01T00:00:00Z")
        said = texts(visit(ada))
        assert "so far, €1,000.00 came in and €25.00 went out." in said
        assert "data:image/svg+xml;base64," in said

    def test_an_approval_while_they_are_here_is_announced(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User
    ) -> None:
        ada |= {"approved": False, "photo_status": "pending"}
        page = visit(ada)
        ada |= {"approved": True, "photo_status": "approved"}
        page.run()
        assert any(item.proto.title == "You are approved" for item in page.success)
        button(page, "Pay in").click().run()
        assert page.text_input(key="move_amount")


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
