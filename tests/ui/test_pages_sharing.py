"""Joint accounts: invited, accepted, refused, taken back, left."""

from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import PASSWORD, Page, button, texts
from tests.ui.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow

User = dict[str, Any]


@pytest.fixture
def bob(gateway: FakeGateway) -> User:
    body = {"name": "Bob", "email": "bob@example.com", "phone": "+420601123457", "password": PASSWORD}
    return gateway.bank.create_user(body, approved=True)


@pytest.fixture
def shared(gateway: FakeGateway, bob: User) -> User:
    """An account of Bob's with money in it."""
    account = gateway.bank.open_account(bob["user_id"], "checking", "EUR")
    gateway.bank.move("deposit", "external:cash", account["account_id"], 5_000, None)
    return account


def invite(page: AppTest, typed: str) -> AppTest:
    page.text_input(key="invite_id").set_value(typed)
    return button(page, "Invite").click().run()


def labels(page: AppTest) -> list[str]:
    return [item.label for item in page.button]


class TestInvite:
    def test_by_the_id_that_the_other_reads_on_their_profile(
        self, visit: Page, gateway: FakeGateway, ada: User, bob: User, shared: User
    ) -> None:
        assert ada["user_id"] in texts(visit(ada, "profile"))
        page = visit(bob, "sharing")
        assert "Leave" not in labels(page)
        page = invite(page, f" {ada['user_id'].upper()} ")
        assert gateway.bank.invited[shared["account_id"]] == {ada["user_id"]: bob["user_id"]}
        assert "The invitation is on its way" in texts(page)
        assert f"Customer {ada['user_id']}" in texts(page)
        assert page.text_input(key="invite_id").value == ""

    def test_what_is_no_id_of_another_is_not_sent(
        self, visit: Page, gateway: FakeGateway, bob: User, shared: User
    ) -> None:
        page = invite(visit(bob, "sharing"), "ada@example.com")
        assert "no customer id" in texts(page)
        assert page.text_input(key="invite_id").value == "ada@example.com"
        page = invite(page, bob["user_id"])
        assert "your own customer id" in texts(page)
        assert not gateway.bank.invited[shared["account_id"]]

    def test_a_refusal_is_told(self, visit: Page, gateway: FakeGateway, bob: User, shared: User) -> None:
        page = visit(bob, "sharing")
        gateway.fail(f"/account/{shared['account_id']}/owner", 503, times=9)
        page.text_input(key="invite_id").set_value(str(uuid4()))
        page = button(page, "Invite").click().run()
        assert "taking a break" in texts(page)

    def test_not_before_one_is_approved(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        ada |= {"approved": False, "photo_status": "pending"}
        gateway.bank.open_account(ada["user_id"], "checking", "EUR")
        page = visit(ada, "sharing")
        assert "Invite" not in labels(page)
        assert "once we have confirmed who you are" in texts(page)

    def test_is_taken_back_after_a_second_look(
        self, visit: Page, gateway: FakeGateway, ada: User, bob: User, shared: User
    ) -> None:
        gateway.bank.invite(bob["user_id"], shared["account_id"], ada["user_id"])
        page = button(visit(bob, "sharing"), "Take back").click().run()
        assert gateway.bank.invited[shared["account_id"]]
        page = button(page, "Yes, take back").click().run()
        assert not gateway.bank.invited[shared["account_id"]]
        assert "The invitation is taken back" in texts(page)


class TestAnswer:
    @pytest.fixture
    def invited(self, gateway: FakeGateway, ada: User, bob: User, shared: User) -> User:
        gateway.bank.invite(bob["user_id"], shared["account_id"], ada["user_id"])
        return shared

    def test_nothing_is_hers_before_she_accepts(
        self, visit: Page, gateway: FakeGateway, ada: User, bob: User, invited: User
    ) -> None:
        page = visit(ada)
        assert "You are invited to share an account" in texts(page)
        assert "€50.00" not in texts(page)
        page = visit(ada, "sharing")
        assert f"Customer {bob['user_id']}" in texts(page)
        assert "€50.00" not in texts(page)
        page = button(page, "Accept").click().run()
        assert gateway.bank.owners(invited["account_id"]) == [bob["user_id"], ada["user_id"]]
        assert "The account is yours too." in texts(page)
        assert "Accept" not in labels(page)
        home = texts(visit(ada))
        assert "You are invited" not in home
        assert "€50.00" in home
        assert '<span class="tm-pill">Joint</span>' in home

    def test_she_may_refuse(self, visit: Page, gateway: FakeGateway, ada: User, invited: User) -> None:
        page = button(visit(ada, "sharing"), "Refuse").click().run()
        assert gateway.bank.invited[invited["account_id"]]
        page = button(page, "Yes, refuse").click().run()
        assert not gateway.bank.invited[invited["account_id"]]
        assert gateway.bank.owners(invited["account_id"]) != [ada["user_id"]]
        assert "The invitation is refused." in texts(page)

    def test_one_that_is_gone_meanwhile(self, visit: Page, gateway: FakeGateway, ada: User, invited: User) -> None:
        page = visit(ada, "sharing")
        gateway.bank.invited.clear()
        page = button(page, "Accept").click().run()
        assert "We can’t find that." in texts(page)
        assert ada["user_id"] not in gateway.bank.owners(invited["account_id"])


class TestLeave:
    @pytest.fixture
    def joint(self, gateway: FakeGateway, ada: User, bob: User, shared: User) -> User:
        gateway.bank.invite(bob["user_id"], shared["account_id"], ada["user_id"])
        gateway.bank.accept(ada["user_id"], shared["account_id"])
        return shared

    def test_after_a_second_look(
        self, visit: Page, gateway: FakeGateway, ada: User, bob: User, joint: User
    ) -> None:
        page = button(visit(ada, "sharing"), "Leave").click().run()
        assert ada["user_id"] in gateway.bank.owners(joint["account_id"])
        page = button(page, "Yes, leave").click().run()
        assert gateway.bank.owners(joint["account_id"]) == [bob["user_id"]]
        assert "You have left the account." in texts(page)
        assert "€50.00" not in texts(visit(ada))
        assert "Joint" not in texts(visit(bob))

    def test_another_owner_can_be_taken_off(
        self, visit: Page, gateway: FakeGateway, ada: User, bob: User, joint: User
    ) -> None:
        page = button(visit(bob, "sharing"), "Remove").click().run()
        page = button(page, "Back").click().run()
        page = button(page, "Remove").click().run()
        button(page, "Yes, remove").click().run()
        assert gateway.bank.owners(joint["account_id"]) == [bob["user_id"]]

    def test_the_last_owner_is_told_why_they_stay(
        self, visit: Page, gateway: FakeGateway, ada: User, bob: User, joint: User
    ) -> None:
        page = button(visit(ada, "sharing"), "Leave").click().run()
        gateway.bank.remove_owner(joint["account_id"], bob["user_id"])
        page = button(page, "Yes, leave").click().run()
        assert "You are the only owner of this account" in texts(page)


class TestEmpty:
    def test_says_what_to_do(self, visit: Page, ada: User) -> None:
        page = visit(ada, "sharing")
        assert "No account to share yet" in texts(page)
        assert button(page, "Open an account")
