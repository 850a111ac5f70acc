"""The profile: details, password, sign-ins, tokens of programs, leaving."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import PASSWORD, Page, button, texts
from tests.ui.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow

User = dict[str, Any]


class TestProfile:
    def test_shows_what_the_bank_knows(self, visit: Page, ada: User) -> None:
        said = texts(visit(ada, "profile"))
        for text in ("Ada Lovelace", "ada@example.com", "+420601123456", "Approved"):
            assert text in said


class TestChangeDetails:
    def change(self, page: AppTest, **typed: str) -> AppTest:
        for field, value in typed.items():
            page.text_input(key=f"profile_{field}").set_value(value)
        return button(page, "Keep the changes").click().run()

    def test_a_name_needs_no_password(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = self.change(visit(ada, "profile"), name="Ada King")
        assert ada["name"] == "Ada King"
        assert "Your details are changed" in page.success[0].value

    def test_email_and_phone_need_it(self, visit: Page, ada: User) -> None:
        page = self.change(visit(ada, "profile"), email="king@example.com")
        assert "it is needed for this" in texts(page)
        assert "That is not your password." in texts(self.change(page, password="wrong"))
        page = self.change(page, password=PASSWORD)
        assert ada["email"] == "king@example.com"
        assert page.text_input(key="profile_password").value == ""

    def test_every_field_says_what_is_wrong(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        said = texts(self.change(visit(ada, "profile"), name="", email="ada@", phone=""))
        for text in ("Type your name.", "Write the whole address", "Type your mobile number."):
            assert text in said
        assert not gateway.calls_to("/user/update")


class TestChangePassword:
    def test_a_good_one(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "profile")
        page.text_input(key="password_now").set_value(PASSWORD)
        page.text_input(key="password_new").set_value("short")
        button(page, "Change the password").click().run()
        assert "at least 12 characters" in texts(page)
        page.text_input(key="password_new").set_value("another horse battery")
        button(page, "Change the password").click().run()
        assert gateway.bank.passwords[ada["email"]] == "another horse battery"
        assert page.text_input(key="password_new").value == ""


class TestSignIns:
    def test_another_is_ended(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        other = gateway.bank.sign_in_elsewhere()
        page = visit(ada, "profile")
        assert "This browser" in texts(page)
        page.button(key=f"end_{other}").click().run()
        assert not gateway.bank.other_sessions
        assert "Another browser" not in texts(page)

    def test_all_others_at_once(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        gateway.bank.sign_in_elsewhere()
        gateway.bank.sign_in_elsewhere()
        page = visit(ada, "profile")
        button(page, "End all others").click().run()
        assert not gateway.bank.other_sessions
        assert "Those sign\\-ins are over" in page.success[0].value


class TestTokens:
    def test_is_shown_once_and_revoked(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "profile")
        button(page, "Make a token").click().run()
        assert "Give it a name" in texts(page)
        page.text_input(key="token_name").set_value("Budget *app*")
        button(page, "Make a token").click().run()
        assert page.code[0].value == "secret-of-Budget *app*"
        button(page, "I have copied it").click().run()
        assert not page.code
        (token_id,) = gateway.bank.program_tokens
        page.button(key=f"revoke_{token_id}").click().run()
        assert gateway.bank.program_tokens
        button(page, "Yes, revoke").click().run()
        assert not gateway.bank.program_tokens


class TestLeaving:
    def test_accounts_with_money_stand_in_the_way(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        account = gateway.bank.open_account(ada["user_id"], "checking", "EUR")
        gateway.bank.move("deposit", "external:cash", account["account_id"], 100, None)
        page = visit(ada, "profile")
        assert "Bring these to zero first" in page.warning[0].value
        assert any("€1\\.00" in str(link.proto.label) for link in page.get("page_link"))
        assert not any(item.label == "Delete my user" for item in page.button)

    def test_deletes_once_the_person_is_sure(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "profile")
        button(page, "Delete my user").click().run()
        assert "Tick this first." in texts(page)
        assert "Type your password." in texts(page)
        page.checkbox(key="leave_sure").check()
        page.text_input(key="leave_password").set_value(PASSWORD)
        button(page, "Delete my user").click().run()
        assert ada["user_id"] not in gateway.bank.users
        assert "Your user is deleted" in texts(page)
        assert page.text_input(key="sign_in_email")
