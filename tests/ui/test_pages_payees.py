"""The payees' page: seen, added, called otherwise, removed, paid."""

from typing import Any

import pytest

from tests.ui.conftest import Page, button, texts
from tests.ui.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow

User = dict[str, Any]
NUMBER = "4821553906"


@pytest.fixture
def landlord(gateway: FakeGateway, ada: User) -> str:
    """The number of somebody whose name is kept."""
    gateway.bank.payees[ada["user_id"], NUMBER] = "Landlord <b>"
    return NUMBER


class TestPayees:
    def test_none_yet(self, visit: Page, ada: User) -> None:
        assert "No payee yet" in texts(visit(ada, "payees"))

    def test_are_listed_with_their_numbers_as_text(self, visit: Page, ada: User, landlord: str) -> None:
        said = texts(visit(ada, "payees"))
        assert "Landlord &lt;b&gt;" in said
        assert "4821 553 906" in said

    def test_one_is_called_otherwise(self, visit: Page, gateway: FakeGateway, ada: User, landlord: str) -> None:
        page = visit(ada, "payees")
        button(page, "Change").click().run()
        page.text_input(key=f"tm-payee-{landlord}_name").set_value("Mrs Novak")
        button(page, "Keep the name").click().run()
        assert gateway.bank.payees == {(ada["user_id"], landlord): "Mrs Novak"}
        assert "Mrs Novak is kept" in page.success[0].value
        assert not [item for item in page.button if item.label == "Keep the name"]

    def test_one_is_removed_after_a_question(
        self, visit: Page, gateway: FakeGateway, ada: User, landlord: str
    ) -> None:
        page = visit(ada, "payees")
        button(page, "Change").click().run()
        button(page, "Remove").click().run()
        assert gateway.bank.payees
        button(page, "Yes, remove").click().run()
        assert not gateway.bank.payees
        assert "No payee yet" in texts(page)

    def test_one_is_added(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "payees")
        button(page, "Add").click().run()
        assert "An account number has ten digits" in texts(page)
        assert "Give it a name" in texts(page)
        page.text_input(key="payee_number").set_value("4821 553 906")
        page.text_input(key="tm-payee-new_name").set_value("Landlord")
        button(page, "Add").click().run()
        assert gateway.bank.payees == {(ada["user_id"], NUMBER): "Landlord"}
        assert page.text_input(key="payee_number").value == ""

    def test_paying_begins_with_number_and_name(
        self, visit: Page, ada: User, checking: User, landlord: str
    ) -> None:
        page = visit(ada, "payees")
        button(page, "Pay").click().run()
        assert page.text_input(key="move_number").value == "4821 553 906"
        assert page.text_input(key="move_name").value == "Landlord <b>"

    def test_who_is_not_approved_cannot_pay(self, visit: Page, ada: User, landlord: str) -> None:
        ada |= {"approved": False, "photo_status": "pending"}
        assert not [item for item in visit(ada, "payees").button if item.label == "Pay"]

    def test_many_are_searched(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        for place in range(40):
            gateway.bank.payees[ada["user_id"], f"{place:010}"] = f"Person {place:02}"
        page = visit(ada, "payees")
        assert "The first 25 are shown" in texts(page)
        page.text_input(key="payees_search").set_value("person 39").run()
        assert "Person 39" in texts(page)
        assert "Person 00" not in texts(page)
