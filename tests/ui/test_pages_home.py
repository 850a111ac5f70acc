"""Home: accounts, what the month brought, the latest movements, and what is missing."""

from typing import Any

import pytest

from tests.ui.conftest import Page, button, texts
from tests.ui.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow

User = dict[str, Any]
NASTY = "**bold** $x^2$ <img src=x onerror=alert(1)> :smile: [a](javascript:1)"


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

    def test_an_approval_without_an_account_leads_to_opening_one(self, visit: Page, ada: User) -> None:
        ada |= {"approved": False, "photo_status": "pending"}
        page = visit(ada)
        ada |= {"approved": True, "photo_status": "approved"}
        page.run()
        assert any(item.proto.title == "You are approved" for item in page.success)
        assert not [item for item in page.button if item.label == "Pay in"]
        page.button(key="first_account").click().run()
        assert page.text_input(key="open_nickname")
