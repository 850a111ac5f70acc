"""The statement, what is looked for in it, a movement's own page, and managing the account."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ui.conftest import Page, button, segmented, texts
from tests.ui.fake_gateway import FakeGateway
from tests.ui.test_pages_money import NASTY, somebody_else

pytestmark = pytest.mark.slow

User = dict[str, Any]


class TestStatement:
    def test_newest_first_with_balances(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        gateway.bank.move("transfer", checking["account_id"], savings["account_id"], 250, NASTY)
        said = texts(visit(ada, "account", account=checking["account_id"]))
        assert said.index("−€2.50") < said.index("+€1,000.00")
        assert "€997.50" in said
        assert f"Savings ·· {savings['number'][-4:]}" in said
        assert "<img" not in said
        assert "&lt;img" in said

    def test_pages(self, visit: Page, gateway: FakeGateway, ada: User, savings: User) -> None:
        for amount in range(1, 31):
            gateway.bank.move("deposit", "external:cash", savings["account_id"], amount, None)
        page = visit(ada, "account")
        assert "+€0.30" in texts(page)
        assert "+€0.05<" not in texts(page)
        button(page, "Older").click().run()
        assert "+€0.05<" in texts(page)
        assert button(page, "Older").disabled
        button(page, "Newer").click().run()
        assert "+€0.30" in texts(page)
        assert button(page, "Newer").disabled

    def test_an_empty_time_says_so(self, visit: Page, ada: User, savings: User) -> None:
        assert "Nothing in this time" in texts(visit(ada, "account"))

    def test_the_account_of_the_address_is_shown(
        self, visit: Page, ada: User, checking: User, savings: User
    ) -> None:
        page = visit(ada, "account", account=savings["account_id"])
        assert page.selectbox(key="statement_account").value == savings["account_id"]
        page = visit(ada, "account", account="of-a-stranger")
        assert page.selectbox(key="statement_account").value == checking["account_id"]

    def test_a_day_comes_to_its_sum_also_where_a_page_cuts_it(
        self, visit: Page, gateway: FakeGateway, ada: User, savings: User
    ) -> None:
        for amount in range(1, 31):
            gateway.bank.move("deposit", "external:cash", savings["account_id"], amount, None)
        page = visit(ada, "account")
        assert '<td class="tm-num">+€4.65</td>' in texts(page)
        button(page, "Older").click().run()
        assert '<td class="tm-num">+€4.65</td>' in texts(page)


class TestLook:
    def asked(self, gateway: FakeGateway) -> set[str]:
        return {call for _, call, _ in gateway.calls}

    def test_every_filter_is_the_banks_own(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User, savings: User
    ) -> None:
        bank, theirs = gateway.bank, somebody_else(gateway)
        bank.move("transfer", checking["account_id"], theirs["account_id"], 1200, "Rent of May")
        bank.move("transfer", checking["account_id"], savings["account_id"], 700, "aside")
        bank.payees[ada["user_id"], theirs["number"]] = "Landlord"
        page = visit(ada, "account", account=checking["account_id"])
        page.text_input(key="statement_text").set_value("landlord").run()
        assert "Rent of May" in texts(page)
        assert "aside" not in texts(page)
        page.text_input(key="statement_text").set_value("")
        segmented(page, 1).set_value("in").run()
        assert "+€1,000.00" in texts(page)
        assert "Rent of May" not in texts(page)
        segmented(page, 1).set_value("both")
        page.text_input(key="statement_least").set_value("8")
        page.text_input(key="statement_most").set_value("12,00").run()
        assert "Rent of May" in texts(page)
        assert "aside" not in texts(page)
        page.text_input(key="statement_least").set_value("")
        page.text_input(key="statement_most").set_value("")
        page.selectbox(key="statement_other").set_value(savings["number"]).run()
        assert "aside" in texts(page)
        assert "Rent of May" not in texts(page)
        page.text_input(key="statement_text").set_value("nothing like it").run()
        assert "Nothing found" in texts(page)

    @pytest.mark.parametrize(
        ("least", "most", "said"),
        [("x", "", "not an amount"), ("5", "4", "less than the amount before it")],
    )
    def test_a_wrong_amount_is_said_below_it(
        self, visit: Page, ada: User, checking: User, least: str, most: str, said: str
    ) -> None:
        page = visit(ada, "account")
        page.text_input(key="statement_least").set_value(least)
        page.text_input(key="statement_most").set_value(most).run()
        assert said in texts(page)


class TestMovement:
    def at(self, gateway: FakeGateway, account: User) -> dict[str, str]:
        line = gateway.bank.lines[account["account_id"]][-1]
        return {"account": account["account_id"], "movement": line["transfer_id"], "at": line["time"]}

    def test_names_who_was_paid_and_pays_again(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User
    ) -> None:
        theirs = somebody_else(gateway)
        gateway.bank.move("transfer", checking["account_id"], theirs["account_id"], 1250, NASTY)
        page = visit(ada, "account", **self.at(gateway, checking))
        page.text_input(key=f"payee_name_{theirs['number']}").set_value("Landlord")
        button(page, "Keep the name").click().run()
        assert gateway.bank.payees == {(ada["user_id"], theirs["number"]): "Landlord"}
        assert "To Landlord" in texts(page)
        button(page, "Pay again").click().run()
        assert page.text_input(key="move_amount").value == "12.50"
        assert page.text_input(key="move_memo").value == NASTY
        assert page.text_input(key="move_name").value == "Landlord"
        assert str(page.text_input(key="move_number").value).replace(" ", "") == theirs["number"]

    def test_an_empty_name_is_forgotten(
        self, visit: Page, gateway: FakeGateway, ada: User, checking: User
    ) -> None:
        theirs = somebody_else(gateway)
        gateway.bank.payees[ada["user_id"], theirs["number"]] = "Landlord"
        gateway.bank.move("transfer", checking["account_id"], theirs["account_id"], 1, None)
        page = visit(ada, "account", **self.at(gateway, checking))
        page.text_input(key=f"payee_name_{theirs['number']}").set_value("")
        button(page, "Keep the name").click().run()
        assert not gateway.bank.payees

    def test_of_nobody(self, visit: Page, ada: User, checking: User) -> None:
        for at in ("", "yesterday", (datetime.now(UTC) - timedelta(days=1)).isoformat()):
            page = visit(ada, "account", account=checking["account_id"], movement="x", at=at)
            assert "No such movement" in texts(page)


class TestManage:
    def test_a_name_of_ones_own(self, visit: Page, gateway: FakeGateway, ada: User, checking: User) -> None:
        page = visit(ada, "account")
        page.text_input(key=f"nickname_{checking['account_id']}").set_value("Rent & food")
        button(page, "Keep the name").click().run()
        assert "Rent &amp; food" in texts(page)
        assert gateway.bank.nicknames == {(ada["user_id"], checking["account_id"]): "Rent & food"}

    def test_closing_asks_first(self, visit: Page, gateway: FakeGateway, ada: User, savings: User) -> None:
        page = visit(ada, "account")
        button(page, "Close this account").click().run()
        assert savings["closed_at"] is None
        button(page, "Yes, close it").click().run()
        assert savings["closed_at"] is not None
        assert page.success[0].value == "The account is closed\\."

    def test_an_account_with_money_stays(self, visit: Page, ada: User, checking: User) -> None:
        page = visit(ada, "account")
        assert button(page, "Close this account").disabled
        assert "once its balance is zero" in texts(page)
