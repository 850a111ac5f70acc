"""How far an account may be overdrawn, as staff set it."""

from uuid import uuid4

import psycopg
import pytest

from tests.accounts.world import Person, World


def path_of(account: dict[str, str]) -> str:
    return f"/account/{account['account_id']}/overdraft"


def limit(amount: int, reason: str = "as agreed") -> dict[str, object]:
    return {"overdraft_limit": amount, "reason": reason}


class TestSetOverdraft:
    def test_money_moves_up_to_the_limit(self, ada: Person, staff: Person) -> None:
        account = ada.open(deposit=100)
        withdraw = f"/account/{account['account_id']}/withdraw"
        assert ada.refused("POST", withdraw, json={"amount": 150}) == (409, "insufficient_funds")
        told = staff.done("PUT", path_of(account), 200, json=limit(50))
        assert told == account | {"total": 100, "overdraft_limit": 50}
        assert ada.done("POST", withdraw, 201, json={"amount": 150})["balance_after"] == -50
        assert ada.refused("POST", withdraw, json={"amount": 1}) == (409, "insufficient_funds")

    def test_not_below_what_is_owed(self, ada: Person, staff: Person) -> None:
        account = ada.open()
        staff.done("PUT", path_of(account), 200, json=limit(50))
        ada.done("POST", f"/account/{account['account_id']}/withdraw", 201, json={"amount": 30})
        assert staff.refused("PUT", path_of(account), json=limit(29)) == (409, "overdraft_in_use")
        assert staff.done("PUT", path_of(account), 200, json=limit(30))["overdraft_limit"] == 30

    def test_not_of_a_closed_account_nor_of_none(self, ada: Person, staff: Person) -> None:
        account = ada.open()
        ada.done("DELETE", f"/account/{account['account_id']}", 204)
        assert staff.refused("PUT", path_of(account), json=limit(1)) == (409, "account_closed")
        assert staff.refused("PUT", path_of({"account_id": str(uuid4())}), json=limit(1)) == (404, "not_found")

    def test_not_of_ones_own_account(self, staff: Person) -> None:
        assert staff.refused("PUT", path_of(staff.open()), json=limit(1)) == (409, "own_account")

    @pytest.mark.parametrize("body", [{}, limit(-1), limit(10**12 + 1), limit(1, ""), {"overdraft_limit": 1}])
    def test_what_is_no_limit_is_refused(self, ada: Person, staff: Person, body: dict[str, object]) -> None:
        assert staff.refused("PUT", path_of(ada.open()), json=body) == (400, "invalid_request")

    def test_the_reason_says_something(self, ada: Person, staff: Person) -> None:
        account = ada.open()
        for blank in (" ", "\u3000 "):
            assert staff.refused("PUT", path_of(account), json=limit(1, blank)) == (409, "value_refused")
        staff.done("PUT", path_of(account), 200, json=limit(1, " as agreed "))
        (change,) = staff.done("GET", path_of(account), 200)["items"]
        assert change["reason"] == "as agreed"

    def test_only_staff(self, world: World, ada: Person) -> None:
        account = ada.open()
        for person in (ada, world.person(roles=["analyst"])):
            assert person.refused("PUT", path_of(account), json=limit(1)) == (403, "forbidden")


class TestListOverdraftChanges:
    def test_who_when_and_why_newest_first(self, world: World, ada: Person, staff: Person) -> None:
        account, other = ada.open(), world.person(roles=["staff"])
        staff.done("PUT", path_of(account), 200, json=limit(500, "first"))
        staff.done("PUT", path_of(account), 200, json=limit(500, "a repeat changes nothing"))
        other.done("PUT", path_of(account), 200, json=limit(200, "second"))
        page = staff.done("GET", f"{path_of(account)}?limit=1", 200)
        rest = staff.done("GET", f"{path_of(account)}?cursor={page['next_cursor']}", 200)
        assert rest["next_cursor"] is None
        told = [
            (item["limit_before"], item["limit_after"], item["reason"], item["changed_by"])
            for item in page["items"] + rest["items"]
        ]
        assert told == [(500, 200, "second", str(other.user_id)), (0, 500, "first", str(staff.user_id))]

    def test_nobody_changes_the_record(self, world: World, ada: Person, staff: Person) -> None:
        staff.done("PUT", path_of(ada.open()), 200, json=limit(5))
        for change in (
            "update accounts.overdraft_change set limit_after = 0",
            "delete from accounts.overdraft_change",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation):
                world.root.execute(change.encode())

    def test_only_staff(self, ada: Person) -> None:
        assert ada.refused("GET", path_of(ada.open())) == (403, "forbidden")
