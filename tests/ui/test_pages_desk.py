"""The staff desk: people found and seen, and what staff do about accounts."""

import re
from html import unescape
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import PASSWORD, Page, button, segmented, texts
from tests.ui.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow

User = dict[str, Any]


def person(gateway: FakeGateway, name: str, **options: Any) -> User:
    email = f"{name.split()[0].lower()}@example.com"
    body = {"name": name, "email": email, "phone": "+420601000000", "password": PASSWORD}
    return gateway.bank.create_user(body, **options)


@pytest.fixture
def staff(gateway: FakeGateway) -> User:
    return person(gateway, "Sam Staff", approved=True, roles=("staff",))


@pytest.fixture
def account(gateway: FakeGateway, ada: User) -> User:
    account = gateway.bank.open_account(ada["user_id"], "checking", "EUR")
    gateway.bank.move("deposit", "external:cash", account["account_id"], 10_000, "first")
    return account


def search(page: AppTest, words: str) -> AppTest:
    return page.text_input(key="people_search").set_value(words).run()


def links(page: AppTest) -> list[str]:
    """What the page's links to people and accounts say."""
    return [unescape(text) for text in re.findall(r'<a class="tm-hit"[^>]*>(.*?)</a>', texts(page))]


class TestSearch:
    @pytest.mark.parametrize(
        "words",
        ["ada@example.com", "+420601123456", "Lovelace Ada", "  ada  "],
        ids=["email", "phone", "name", "word"],
    )
    def test_people_by_what_is_known_of_them(
        self, visit: Page, staff: User, ada: User, gateway: FakeGateway, words: str
    ) -> None:
        page = search(visit(staff, "people"), words)
        assert "Ada Lovelace · ada@example.com · +420601123456" in links(page)
        assert not any(words.strip() in path for _, path, _ in gateway.calls)

    def test_an_account_by_its_number_with_its_owner(
        self, visit: Page, staff: User, ada: User, account: User
    ) -> None:
        number = account["number"]
        page = search(visit(staff, "people"), f"{number[:4]} {number[4:]}")
        found = links(page)
        assert any(number[:4] in label and "EUR" in label for label in found)
        assert any(label.startswith("Ada Lovelace") for label in found)

    def test_by_either_id(self, visit: Page, staff: User, ada: User, account: User) -> None:
        assert any(
            label.startswith("Ada Lovelace") for label in links(search(visit(staff, "people"), ada["user_id"]))
        )
        assert any("Checking" in label for label in links(search(visit(staff, "people"), account["account_id"])))

    @pytest.mark.parametrize("words", ["Nobody", "0000 000 001", "nobody@example.com"])
    def test_nobody(self, visit: Page, staff: User, words: str) -> None:
        assert "Nobody found" in texts(search(visit(staff, "people"), words))

    def test_is_not_there_for_customers_and_analysts(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        analyst = person(gateway, "Ana Lyst", approved=True, roles=("analyst",))
        for user in (ada, analyst):
            assert visit(user, "people").error[0].value == "Your role does not include seeing customers."


class TestPerson:
    def test_shows_facts_accounts_decisions_and_sessions(
        self, visit: Page, gateway: FakeGateway, staff: User, ada: User, account: User
    ) -> None:
        gateway.bank.desk.decisions[ada["user_id"]] = [
            {
                "decision": "reject",
                "reason": "Too <dark>",
                "decided_by": staff["user_id"],
                "decided_at": "2026-11-20T10:00:00Z",
            }
        ]
        gateway.bank.token_for(ada["user_id"])
        page = visit(staff, "people", person=ada["user_id"])
        said = texts(page)
        for text in ("Ada Lovelace", "ada@example.com", "Approved", ada["user_id"]):
            assert text in said
        assert any("€100.00" in label for label in links(page))
        segmented(page, 0).set_value("decisions").run()
        assert "Too &lt;dark&gt;" in texts(page)
        assert "Sam Staff" in texts(page)
        segmented(page, 0).set_value("sessions").run()
        assert "Ends at the latest" in texts(page)

    def test_nobody_there(self, visit: Page, staff: User) -> None:
        page = visit(staff, "people", person="00000000-0000-0000-0000-000000000000")
        assert "There is no such user" in texts(page)

    def test_sessions_are_ended_after_a_question(
        self, visit: Page, gateway: FakeGateway, staff: User, ada: User
    ) -> None:
        staff["rights"] = [*staff["rights"], "recover_users"]
        page = visit(staff, "people", person=ada["user_id"])
        button(page, "End all sessions").click().run()
        assert gateway.bank.desk.signed_out == []
        button(page, "Yes, end them").click().run()
        assert gateway.bank.desk.signed_out == [ada["user_id"]]

    def test_a_reset_code_is_shown_once(self, visit: Page, gateway: FakeGateway, staff: User, ada: User) -> None:
        staff["rights"] = [*staff["rights"], "recover_users"]
        page = visit(staff, "people", person=ada["user_id"])
        button(page, "Reset the password").click().run()
        button(page, "Yes, issue a code").click().run()
        assert page.code[0].value == "ABCD-EFGH-JKLM"
        page.switch_page("app_pages/home.py").run()
        page.query_params["person"] = ada["user_id"]
        page.switch_page("app_pages/people.py").run()
        assert not page.code


class TestAccount:
    def test_shows_owner_and_statement(self, visit: Page, staff: User, ada: User, account: User) -> None:
        page = visit(staff, "people", account=account["account_id"])
        assert "Ada Lovelace" in links(page)
        assert "+€100.00" in texts(page)
        assert f"/people?account={account['account_id']}&amp;movement=" in texts(page)

    def test_its_statistics(self, visit: Page, gateway: FakeGateway, staff: User, account: User) -> None:
        gateway.bank.publish()
        page = visit(staff, "people", account=account["account_id"])
        segmented(page, 0).set_value("statistics").run()
        assert "€100.00 came in" in texts(page)
        page.button(key="stats_figure_inflow").click().run()
        assert "equals the figure" in texts(page)

    def test_is_approved_after_a_question(
        self, visit: Page, gateway: FakeGateway, staff: User, ada: User, account: User
    ) -> None:
        account["approved"] = False
        page = visit(staff, "people", account=account["account_id"])
        button(page, "Approve").click().run()
        assert not account["approved"]
        button(page, "Yes, approve").click().run()
        assert account["approved"]

    def test_an_overdraft_needs_amount_reason_and_a_second_look(
        self, visit: Page, gateway: FakeGateway, staff: User, account: User
    ) -> None:
        key = f"overdraft_{account['account_id']}"
        page = visit(staff, "people", account=account["account_id"])
        segmented(page, 0).set_value("overdraft").run()
        page.text_input(key=f"{key}_limit").set_value("a lot").run()
        assert "not an amount" in texts(page)
        page.text_input(key=f"{key}_limit").set_value("500").run()
        assert button(page, "Set the limit").disabled
        page.text_input(key=f"{key}_reason").set_value("A <steady> income").run()
        button(page, "Set the limit").click().run()
        assert account["overdraft_limit"] == 0
        button(page, "Yes, set it").click().run()
        assert account["overdraft_limit"] == 50_000
        said = texts(page)
        assert "€0.00 → €500.00 by Sam Staff" in said
        assert "A &lt;steady&gt; income" in said

    def test_an_overdraft_can_be_taken_away(
        self, visit: Page, gateway: FakeGateway, staff: User, account: User
    ) -> None:
        account["overdraft_limit"] = 500
        key = f"overdraft_{account['account_id']}"
        page = visit(staff, "people", account=account["account_id"])
        segmented(page, 0).set_value("overdraft").run()
        page.text_input(key=f"{key}_limit").set_value("0").run()
        page.text_input(key=f"{key}_reason").set_value("as they asked").run()
        button(page, "Set the limit").click().run()
        button(page, "Yes, set it").click().run()
        assert account["overdraft_limit"] == 0


class TestReverse:
    def open_movement(self, visit: Page, gateway: FakeGateway, staff: User, account: User) -> AppTest:
        line = gateway.bank.lines[account["account_id"]][0]
        where = {"account": account["account_id"], "movement": line["transfer_id"], "at": line["time"]}
        return visit(staff, "people", **where)

    def test_needs_a_reason_and_a_second_look(
        self, visit: Page, gateway: FakeGateway, staff: User, account: User
    ) -> None:
        page = self.open_movement(visit, gateway, staff, account)
        line = gateway.bank.lines[account["account_id"]][0]
        assert button(page, "Reverse").disabled
        page.text_input(key=f"reverse_{line['id']}_reason").set_value("Paid twice").run()
        button(page, "Reverse").click().run()
        assert "Both sides read: Paid twice" in texts(page)
        assert account["total"] == 10_000
        button(page, "Yes, reverse it").click().run()
        assert account["total"] == 0
        assert gateway.bank.lines[account["account_id"]][-1]["memo"] == "Paid twice"
        assert "Reversed on " in texts(page)
        assert not [item for item in page.button if item.label == "Reverse"]

    def test_and_what_it_reversed_lead_to_each_other(
        self, visit: Page, gateway: FakeGateway, staff: User, account: User
    ) -> None:
        done = gateway.bank.reverse(gateway.bank.lines[account["account_id"]][0])
        page = self.open_movement(visit, gateway, staff, account)
        there = f'<a class="tm-link" href="/people?account={account["account_id"]}&amp;movement={{}}&amp;at='
        assert there.format(done["transfer_id"]) in texts(page)
        first, second = gateway.bank.lines[account["account_id"]]
        where = {"account": account["account_id"], "movement": second["transfer_id"], "at": second["time"]}
        back = visit(staff, "people", **where)
        assert there.format(first["transfer_id"]) in texts(back)
        assert "Reversal of the movement of " in texts(back)
        said = texts(visit(staff, "people", account=account["account_id"]))
        assert said.count(there.format(first["transfer_id"])) == said.count(there.format(done["transfer_id"])) == 2

    def test_a_lost_reply_is_asked_again_with_the_same_key(
        self, visit: Page, gateway: FakeGateway, staff: User, account: User
    ) -> None:
        page = self.open_movement(visit, gateway, staff, account)
        line = gateway.bank.lines[account["account_id"]][0]
        page.text_input(key=f"reverse_{line['id']}_reason").set_value("Paid twice").run()
        gateway.fail("/account/transaction", 503, times=3)
        button(page, "Reverse").click().run()
        for _ in range(2):
            button(page, "Yes, reverse it").click().run()
        keys = {headers["Idempotency-Key"] for headers in gateway.calls_to("/account/transaction")}
        assert len(keys) == 1
        assert account["total"] == 0
