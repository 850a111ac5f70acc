"""Names that a user gives to accounts: their own, and those whom they pay."""

from typing import Any
from uuid import uuid4

import pytest
from stdnum import damm

from api.accounts.names import service
from tests.accounts.world import Person, World
from tests.forged import forged


def path_of(account: dict[str, Any]) -> str:
    return f"/account/{account['account_id']}"


def name_path(account: dict[str, Any]) -> str:
    return f"{path_of(account)}/nickname"


def number(start: int = 482155390) -> str:
    """A valid number, perhaps of no account."""
    return f"{start}{damm.calc_check_digit(str(start))}"


class TestNameAccount:
    def test_stands_in_every_answer_and_can_be_taken_away(self, ada: Person) -> None:
        account = ada.open()
        named = ada.done("PUT", name_path(account), 200, json={"nickname": " Holidays \U0001f3d6 "})
        assert named == account | {"nickname": "Holidays \U0001f3d6"}
        assert ada.done("GET", path_of(account), 200) == named
        assert ada.done("GET", f"/account/user/{ada.user_id}", 200)["items"] == [named]
        assert ada.done("PUT", name_path(account), 200, json={"nickname": ""}) == account

    def test_no_other_owner_and_no_staff_see_it(self, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open()
        ada.share(account, bob)
        ada.done("PUT", name_path(account), 200, json={"nickname": "Mine"})
        assert bob.done("GET", path_of(account), 200)["nickname"] == ""
        assert staff.done("GET", path_of(account), 200)["nickname"] == ""
        found = staff.done("GET", f"/account/search?number={account['number']}", 200)["items"]
        assert [item["nickname"] for item in found] == [""]
        bob.done("PUT", name_path(account), 200, json={"nickname": "Ours"})
        assert ada.done("GET", path_of(account), 200)["nickname"] == "Mine"

    def test_only_by_an_owner(self, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open()
        for person, path in (
            (bob, name_path(account)),
            (staff, name_path(account)),
            (ada, f"/account/{uuid4()}/nickname"),
        ):
            assert person.refused("PUT", path, json={"nickname": "x"}) == (404, "not_found")

    def test_is_plain_text(self, ada: Person) -> None:
        path = name_path(ada.open())
        for body in (
            {},
            {"nickname": "a\nb"},
            {"nickname": "x" * 61},
            {"nickname": None},
            {"nickname": "x", "y": 1},
        ):
            assert ada.refused("PUT", path, json=body) == (400, "invalid_request"), body


class TestPayees:
    def test_are_kept_renamed_listed_and_forgotten(self, ada: Person, bob: Person) -> None:
        first, second = sorted((number(), number(582155390)))
        for payee in ((second, "Landlord"), (first, "Gym"), (second, " Ms Landlady ")):
            ada.done("PUT", "/account/payee", 200, json={"number": payee[0], "name": payee[1]})
        page = ada.done("GET", "/account/payee?limit=1", 200)
        assert page["items"] == [{"number": first, "name": "Gym"}]
        page = ada.done("GET", f"/account/payee?cursor={page['next_cursor']}", 200)
        assert page == {"items": [{"number": second, "name": "Ms Landlady"}], "next_cursor": None}
        assert bob.done("GET", "/account/payee", 200)["items"] == []
        for _ in range(2):
            ada.done("DELETE", f"/account/payee/{first}", 204)
        assert len(ada.done("GET", "/account/payee", 200)["items"]) == 1

    def test_the_number_and_the_name_are_checked(self, ada: Person) -> None:
        wrong = number()[:-1] + str((int(number()[-1]) + 1) % 10)
        for body, expected in (
            ({"number": wrong, "name": "x"}, (409, "value_refused")),
            ({"number": number(), "name": "  "}, (409, "value_refused")),
            ({"number": "12", "name": "x"}, (400, "invalid_request")),
            ({"number": number(), "name": ""}, (400, "invalid_request")),
            ({"number": number(), "name": "a\u202eb"}, (400, "invalid_request")),
        ):
            assert ada.refused("PUT", "/account/payee", json=body) == expected, body
        assert ada.refused("DELETE", "/account/payee/12") == (400, "invalid_request")

    @pytest.mark.parametrize("key", ["\0", "", "12", "1" * 11, "0123456789", "\u0661" * 10, "1000000001\n"])
    def test_a_cursor_holds_a_number(self, ada: Person, key: str) -> None:
        cursor = forged(ada.user_id, "/account/payee", [key])
        assert ada.refused("GET", f"/account/payee?cursor={cursor}") == (409, "invalid_cursor")

    def test_there_is_a_most(self, world: World, ada: Person) -> None:
        world.root.execute(
            "insert into accounts.payee select %s, (1000000000 + n)::text, 'x' from generate_series(1, %s) n",
            (ada.user_id, service.PAYEES_MAX),
        )
        body = {"number": number(), "name": "x"}
        assert ada.refused("PUT", "/account/payee", json=body) == (409, "too_many_payees")
        world.root.execute("update accounts.payee set number = %s where number = '1000000001'", (number(),))
        ada.done("PUT", "/account/payee", 200, json=body)

    def test_the_name_stands_in_the_payers_statement_and_nowhere_else(self, ada: Person, bob: Person) -> None:
        account, other = ada.open(deposit=100), bob.open()
        ada.transfer(account, other, 30)
        ada.done("PUT", "/account/payee", 200, json={"number": other["number"], "name": "Landlord"})
        (paid, _) = ada.done("GET", f"{path_of(account)}/transactions", 200)["items"]
        (received,) = bob.done("GET", f"{path_of(other)}/transactions", 200)["items"]
        assert (paid["counterparty_name"], received["counterparty_name"]) == ("Landlord", None)
        assert ",Landlord," in ada.call("GET", f"{path_of(account)}/transactions?format=csv").text

    def test_everything_goes_with_the_user(self, world: World, ada: Person) -> None:
        account = ada.open()
        ada.done("PUT", name_path(account), 200, json={"nickname": "Mine"})
        ada.done("PUT", "/account/payee", 200, json={"number": number(), "name": "Landlord"})
        ada.done("DELETE", f"/account/user/{ada.user_id}", 204)
        left = world.root.execute(
            "select (select count(*) from accounts.payee where user_id = %s),"
            " (select max(nickname) from accounts.user_account where user_id = %s)",
            (ada.user_id, ada.user_id),
        ).fetchone()
        assert left == (0, "")
