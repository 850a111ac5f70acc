"""The way in, the photo, looking up an account, and the end of a session."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import PASSWORD, Page, button, segmented, sign_in, texts
from tests.ui.fake_gateway import FakeGateway
from ui.server.routes import COOKIE_NAME
from ui.server.sessions import IDLE_LIMIT_S, store
from ui.settings import settings

pytestmark = pytest.mark.slow

User = dict[str, Any]
PIXEL = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


def person(gateway: FakeGateway, name: str, **options: Any) -> User:
    email = f"{name.split()[0].lower()}@example.com"
    body = {"name": name, "email": email, "phone": "+420601123456", "password": PASSWORD}
    return gateway.bank.create_user(body, **options)


def fill_sign_in(page: AppTest, email: str, password: str) -> AppTest:
    page.text_input(key="sign_in_email").set_value(email)
    page.text_input(key="sign_in_password").set_value(password)
    return button(page, "Sign in").click().run()


class TestSignIn:
    def test_leads_home(self, visit: Page, ada: User) -> None:
        page = fill_sign_in(visit(), "ada@example.com", PASSWORD)
        assert "Hello, Ada" in texts(page)
        assert store.is_waiting(page.session_state["ticket"])

    @pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
    def test_every_wrong_way_reads_the_same(self, visit: Page, ada: User, email: str) -> None:
        page = fill_sign_in(visit(), email, "wrong")
        assert "Email and password don’t match" in texts(page)
        assert page.text_input(key="sign_in_email").value == email

    def test_needs_both(self, visit: Page, gateway: FakeGateway) -> None:
        assert "Type your password." in texts(fill_sign_in(visit(), "ada@example.com", ""))
        assert not gateway.calls_to("/user/login")

    @pytest.mark.parametrize(("status", "said"), [(503, "taking a break"), (429, "(9 seconds should do.)")])
    def test_trouble_is_said_kindly(
        self, visit: Page, gateway: FakeGateway, ada: User, status: int, said: str
    ) -> None:
        gateway.fail("/user/login", status)
        page = fill_sign_in(visit(), "ada@example.com", PASSWORD)
        assert said in page.warning[0].value
        assert page.text_input(key="sign_in_email").value == "ada@example.com"

    def test_a_bank_out_of_reach_is_said_kindly(self, visit: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        page = visit()
        monkeypatch.setenv("TIDEMARK_GATEWAY_URL", "http://127.0.0.1:1")
        settings.cache_clear()
        assert "can’t reach the bank" in fill_sign_in(page, "ada@example.com", PASSWORD).warning[0].value


class TestForgottenPassword:
    def fill(self, page: AppTest, **typed: str) -> AppTest:
        values = {"email": "ada@example.com", "code": "ABCD-EFGH", "password": "another horse battery"}
        for field, value in (values | typed).items():
            page.text_input(key=f"forgotten_{field}").set_value(value)
        return button(page, "Set the new password").click().run()

    def test_a_code_sets_a_new_one(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        gateway.bank.codes["ada@example.com"] = "ABCD-EFGH"
        page = visit()
        button(page, "Forgotten password?").click().run()
        page = self.fill(page)
        assert "Sign in with the new one" in page.info[0].value
        assert page.text_input(key="sign_in_email").value == "ada@example.com"
        assert "Hello, Ada" in texts(fill_sign_in(page, "ada@example.com", "another horse battery"))

    def test_says_what_is_wrong_below_each_field(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit()
        button(page, "Forgotten password?").click().run()
        said = texts(self.fill(page, email="ada", code="", password="short"))
        for text in ("Write the whole address", "Type the code", "at least 12 characters"):
            assert text in said
        assert not gateway.calls_to("/user/recovery")
        assert "Email and code don’t match" in texts(self.fill(page))
        button(page, "Back to signing in").click().run()
        assert page.text_input(key="sign_in_email")


class TestRefresh:
    def test_the_cookie_keeps_one_signed_in(
        self, visit: Page, gateway: FakeGateway, ada: User, cookies: dict[str, str]
    ) -> None:
        handle = store.trade(store.issue_ticket(sign_in(gateway, ada)))
        assert handle is not None
        cookies[COOKIE_NAME] = handle
        page = visit()
        assert "Hello, Ada" in texts(page)
        button(page, "Sign out").click().run()
        assert "You are signed out" in texts(page)
        said = texts(visit())
        assert "Your session has ended" in said
        assert "Hello" not in said

    def test_a_made_up_cookie_opens_nothing(self, visit: Page, cookies: dict[str, str]) -> None:
        cookies[COOKIE_NAME] = "made-up"
        assert "Your session has ended" in texts(visit())


class TestCreateUser:
    def fill(self, visit: Page, **typed: str) -> AppTest:
        page = visit()
        segmented(page, 0).set_value("create").run()
        values = {"name": "Nina New", "email": "nina@example.com", "phone": "+420 601", "password": PASSWORD}
        for field, value in (values | typed).items():
            page.text_input(key=f"create_{field}").set_value(value)
        return button(page, "Create my user").click().run()

    def test_goes_on_to_the_photo(self, visit: Page, gateway: FakeGateway) -> None:
        page = self.fill(visit)
        assert [user["name"] for user in gateway.bank.users.values()] == ["Nina New"]
        assert "Confirm who you are" in texts(page)
        assert "Why we ask" in texts(page)

    def test_says_under_each_field_what_is_missing(self, visit: Page, gateway: FakeGateway) -> None:
        said = texts(self.fill(visit, name="", phone="", email="nina"))
        for text in ("Type your name.", "Type your mobile number.", "Write the whole address"):
            assert text in said
        assert not gateway.calls_to("/user/create")

    def test_a_short_password_is_told_at_once(self, visit: Page) -> None:
        assert "at least 12 characters" in texts(self.fill(visit, password="short"))

    def test_what_the_bank_refuses_is_told_by_field_and_nothing_is_lost(self, visit: Page) -> None:
        page = self.fill(visit, phone="601")
        assert "Begin with the country code." in texts(page)
        assert page.text_input(key="create_name").value == "Nina New"

    def test_an_email_in_use_leads_to_signing_in(self, visit: Page, ada: User) -> None:
        assert "Sign in instead" in texts(self.fill(visit, email="ada@example.com"))


class TestPhoto:
    def test_is_sent_and_then_waits(self, visit: Page, gateway: FakeGateway) -> None:
        nina = person(gateway, "Nina New")
        page = visit(nina, "identity")
        button(page, "Send this photo").click().run()
        assert "Choose a photo first." in texts(page)
        assert not gateway.calls_to("/user/photo")
        page.file_uploader[0].upload("My Pass.PNG", PIXEL).run()
        assert "Choose a photo first." not in texts(page)
        button(page, "Send this photo").click().run()
        assert gateway.bank.photos[nina["user_id"]] == PIXEL
        assert page.info[0].proto.title == "We have your photo"
        assert not page.file_uploader

    def test_too_large_is_told_before_it_travels(self, visit: Page, gateway: FakeGateway) -> None:
        page = visit(person(gateway, "Nina New"), "identity")
        page.file_uploader[0].upload("p.png", PIXEL + b"0" * 4 * 1024 * 1024).run()
        assert "more than 4 MiB" in texts(page)
        button(page, "Send this photo").click().run()
        assert not gateway.calls_to("/user/photo")

    def test_a_refused_one_can_be_replaced(self, visit: Page, gateway: FakeGateway) -> None:
        nina = person(gateway, "Nina New")
        nina |= {"photo_status": "rejected", "photo_reason": "Too *dark*."}
        page = visit(nina, "identity")
        assert page.error[0].value == "Too \\*dark\\*\\."
        assert page.file_uploader


class TestLookUp:
    def test_by_number_for_who_reads_accounts(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        auditor = person(gateway, "Audi Tor", rights=["read_accounts", "read_statistics"])
        account = gateway.bank.open_account(ada["user_id"], "savings", "EUR")
        gateway.bank.publish()
        page = visit(auditor, "lookup")
        page.text_input(key="lookup").set_value(account["number"]).run()
        assert "Complete through" in texts(page)
        assert "€0.00" in texts(page)

    def test_by_id_for_analysts(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        analyst = person(gateway, "Ana Lyst", approved=True, roles=("analyst",))
        account = gateway.bank.open_account(ada["user_id"], "savings", "EUR")
        gateway.bank.move("deposit", "external:cash", account["account_id"], 1234567, None)
        gateway.bank.publish()
        page = visit(analyst, "lookup")
        page.text_input(key="lookup").set_value(account["account_id"].upper()).run()
        assert "minor units" in texts(page)
        assert "1,234,567" in texts(page)

    def test_rights_decide_and_not_the_role_s_name(self, gateway: FakeGateway, visit: Page) -> None:
        risk = person(gateway, "Rick Risk", roles=("risk",), rights=["read_statistics"])
        page = visit(risk, "lookup")
        assert not page.error
        assert page.switch_page("app_pages/review.py").run().error

    def test_nothing_found(self, visit: Page, gateway: FakeGateway) -> None:
        page = visit(person(gateway, "Ana Lyst", approved=True, roles=("analyst",)), "lookup")
        page.text_input(key="lookup").set_value("0000 000 000").run()
        assert "Nothing found" in texts(page)


class TestEndOfSession:
    def test_signing_out_ends_it_everywhere(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada)
        held = page.session_state["sign_in"]
        ticket = store.issue_ticket(held)
        button(page, "Sign out").click().run()
        assert gateway.calls_to("/user/logout")
        assert held.is_over
        assert store.trade(ticket) is None
        assert "You are signed out" in texts(page)
        assert "Hello" not in texts(page)

    def test_ended_by_the_bank_shows_the_way_in(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada)
        gateway.bank.tokens.clear()
        page.switch_page("app_pages/profile.py").run()
        assert "Your session has ended" in texts(page)
        assert page.text_input(key="sign_in_email")

    def test_left_alone_for_long_shows_the_way_in(
        self, visit: Page, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = visit(ada)
        held = page.session_state["sign_in"]
        later = held._clock() + IDLE_LIMIT_S + 1
        monkeypatch.setattr(held, "_clock", lambda: later)
        page.run()
        assert "Your session has ended" in texts(page)

    def test_a_bank_out_of_reach_keeps_one_signed_in(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada)
        gateway.fail("/user/me", 503, times=3)
        page.session_state["user"] = None
        page.run()
        assert "taking a break" in page.warning[0].value
        button(page, "Try again").click().run()
        assert "Hello, Ada" in texts(page)
