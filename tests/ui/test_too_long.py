"""Text that is longer than the bank takes stands in its field, with how long it may be; none of it is dropped."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import ui
from tests.ui.conftest import PASSWORD, Page, button, segmented, texts
from tests.ui.fake_gateway import FakeGateway

User = dict[str, Any]
LONG = "x" * 301


def test_no_widget_drops_what_is_pasted() -> None:
    """Streamlit's own limit of a field takes nothing of a longer text that is pasted, and says nothing."""
    source = Path(ui.__file__ or "").parent
    assert [path.name for path in source.rglob("*.py") if "max_chars=" in path.read_text(encoding="utf-8")] == []


def is_said(page: AppTest, most: int) -> bool:
    return f"At most {most} characters, and this has 301." in texts(page)


@pytest.mark.slow
class TestCustomer:
    def test_name_of_a_new_account(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "open")
        page.text_input(key="open_nickname").set_value(LONG)
        button(page, "Open the account").click().run()
        assert is_said(page, 60)
        assert page.text_input(key="open_nickname").value == LONG
        assert not gateway.calls_to("/account/create")

    def test_name_of_an_account(self, visit: Page, gateway: FakeGateway, ada: User, checking: User) -> None:
        page = visit(ada, "account")
        page.text_input(key=f"nickname_{checking['account_id']}").set_value(LONG)
        button(page, "Keep the name").click().run()
        assert is_said(page, 60)
        assert not gateway.bank.nicknames

    def test_memo(self, visit: Page, ada: User, checking: User, savings: User) -> None:
        page = visit(ada, "move")
        page.text_input(key="move_amount").set_value("1")
        page.text_input(key="move_memo").set_value(LONG)
        button(page, "Review").click().run()
        assert is_said(page, 140)
        assert page.text_input(key="move_memo").value == LONG

    def test_name_of_who_is_paid(self, visit: Page, ada: User, checking: User) -> None:
        page = visit(ada, "move")
        page.text_input(key="move_amount").set_value("1")
        page.text_input(key="move_number").set_value("4821553906")
        page.text_input(key="move_name").set_value(LONG)
        button(page, "Review").click().run()
        assert is_said(page, 60)

    def test_search(self, visit: Page, gateway: FakeGateway, ada: User, checking: User) -> None:
        page = visit(ada, "account")
        page.text_input(key="statement_text").set_value(LONG).run()
        assert is_said(page, 140)
        assert not page.exception

    def test_payee(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "payees")
        page.text_input(key="payee_number").set_value("4821553906")
        page.text_input(key="tm-payee-new_name").set_value(LONG)
        button(page, "Add").click().run()
        assert is_said(page, 60)
        assert not gateway.bank.payees

    def test_name_of_a_program(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "profile")
        page.text_input(key="token_name").set_value(LONG)
        button(page, "Make a token").click().run()
        assert is_said(page, 100)
        assert not gateway.bank.program_tokens


@pytest.mark.slow
class TestStaff:
    @pytest.fixture
    def staff(self, gateway: FakeGateway) -> User:
        body = {"name": "Sam Staff", "email": "sam@example.com", "phone": "+420601", "password": PASSWORD}
        return gateway.bank.create_user(body, approved=True, roles=("staff",))

    def test_reason_of_a_reversal(self, visit: Page, gateway: FakeGateway, staff: User, checking: User) -> None:
        line = gateway.bank.lines[checking["account_id"]][0]
        where = {"account": checking["account_id"], "movement": line["transfer_id"], "at": line["time"]}
        page = visit(staff, "people", **where)
        page.text_input(key=f"reverse_{line['id']}_reason").set_value(LONG).run()
        assert is_said(page, 140)
        assert button(page, "Reverse").disabled

    def test_reason_of_an_overdraft(self, visit: Page, staff: User, checking: User) -> None:
        page = visit(staff, "people", account=checking["account_id"])
        segmented(page, 0).set_value("overdraft").run()
        key = f"overdraft_{checking['account_id']}"
        page.text_input(key=f"{key}_limit").set_value("5")
        page.text_input(key=f"{key}_reason").set_value(LONG).run()
        assert is_said(page, 140)
        assert button(page, "Set the limit").disabled

    def test_reason_of_a_rejection(self, visit: Page, gateway: FakeGateway, staff: User, ada: User) -> None:
        ada |= {"photo_status": "pending", "approved": False}
        gateway.bank.photos[ada["user_id"]] = b"\x89PNG\r\n\x1a\n"
        page = visit(staff, "review")
        button(page, "Reject").click().run()
        page.selectbox(key=f"reason_{ada['user_id']}").set_value("Something else").run()
        page.text_area(key=f"words_{ada['user_id']}").set_value(LONG).run()
        assert is_said(page, 300)
        assert not [item for item in page.button if item.label == "Yes, reject"]
