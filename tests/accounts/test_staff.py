"""What staff do: find, approve, reverse."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from api.shared.roles import ROLES, Right
from tests.accounts.world import Person, World, problem


class TestSearch:
    def test_by_number_and_owner(self, ada: Person, staff: Person) -> None:
        account, other = ada.open(deposit=3), ada.open()
        found = staff.done("GET", f"/account/search?number={account['number']}", 200)["items"]
        assert found == [account | {"total": 3, "owners": [str(ada.user_id)]}]
        found = staff.done("GET", f"/account/search?user_id={ada.user_id}", 200)["items"]
        assert [item["account_id"] for item in found] == [account["account_id"], other["account_id"]]

    def test_by_approval_in_pages(self, world: World, staff: Person) -> None:
        person = world.person(approved=False)
        waiting = [person.open()["account_id"] for _ in range(3)]
        query = f"/account/search?approved=false&user_id={person.user_id}&limit=2"
        first = staff.done("GET", query, 200)
        second = staff.done("GET", f"{query}&cursor={first['next_cursor']}", 200)
        assert [item["account_id"] for item in first["items"] + second["items"]] == waiting
        assert second["next_cursor"] is None
        found = staff.done("GET", f"/account/search?approved=true&user_id={person.user_id}", 200)
        assert found["items"] == []

    def test_a_wrong_number_is_refused(self, staff: Person) -> None:
        assert staff.refused("GET", "/account/search?number=1234567890") == (409, "value_refused")

    def test_only_staff(self, world: World, ada: Person) -> None:
        for person in (ada, world.person(roles=["analyst"])):
            assert person.refused("GET", "/account/search") == (403, "forbidden")


class TestApprove:
    def test_one_account(self, world: World, staff: Person) -> None:
        account = world.person(approved=False).open()
        for _ in range(2):
            path = f"/account/{account['account_id']}/approve"
            assert staff.done("POST", path, 200) == account | {"approved": True}
        assert staff.refused("POST", f"/account/{uuid4()}/approve") == (404, "not_found")

    def test_all_of_a_user(self, world: World, ada: Person, staff: Person) -> None:
        person = world.person(approved=False)
        accounts = [person.open() for _ in range(2)]
        path = f"/account/user/{person.user_id}/approve"
        assert [staff.done("POST", path, 200) for _ in range(2)] == [{"approved": 2}, {"approved": 0}]
        for account in accounts:
            assert person.done("GET", f"/account/{account['account_id']}", 200)["approved"] is True
        assert ada.refused("POST", path) == (403, "forbidden")
        assert ada.refused("POST", f"/account/{accounts[0]['account_id']}/approve") == (403, "forbidden")

    def test_nothing_of_ones_own(self, world: World) -> None:
        clerk = world.person(roles=["staff"], approved=False)
        account = clerk.open()
        for path in (f"/account/{account['account_id']}/approve", f"/account/user/{clerk.user_id}/approve"):
            assert clerk.refused("POST", path) == (409, "own_account")
        assert clerk.done("GET", f"/account/{account['account_id']}", 200)["approved"] is False
        colleague = world.person(roles=["staff"])
        assert colleague.done("POST", f"/account/user/{clerk.user_id}/approve", 200) == {"approved": 1}

    def test_not_a_closed_account(self, world: World, staff: Person) -> None:
        person = world.person(approved=False)
        account = person.open()
        person.done("DELETE", f"/account/{account['account_id']}", 204)
        refused = staff.refused("POST", f"/account/{account['account_id']}/approve")
        assert refused == (409, "account_closed")


class TestReverse:
    def newest(self, person: Person, account: dict[str, str]) -> str:
        path = f"/account/{account['account_id']}/transactions?limit=1"
        return person.done("GET", path, 200)["items"][0]["id"]

    def test_turns_a_transfer_round_once(self, world: World, ada: Person, bob: Person, staff: Person) -> None:
        source, destination = ada.open(deposit=100), bob.open()
        transfer_id = ada.transfer(source, destination, 40).json()["transfer_id"]
        path = f"/account/transaction/{self.newest(bob, destination)}/reverse"
        movement = staff.done("POST", path, 201, json={"memo": "wrong recipient"})
        assert (movement["kind"], movement["from"], movement["to"], movement["amount"]) == (
            "reversal",
            destination["account_id"],
            source["account_id"],
            40,
        )
        assert movement["balance_after"] == 0
        reverses = world.value("select reverses from accounts.transfer where id = %s", movement["transfer_id"])
        assert str(reverses) == transfer_id
        assert (ada.total(source), bob.total(destination)) == (100, 0)
        assert staff.refused("POST", path, json={}) == (409, "already_reversed")
        path = f"/account/transaction/{self.newest(ada, source)}/reverse"
        assert staff.refused("POST", path, json={}) == (409, "not_reversible")

    def test_a_deposit_and_a_withdrawal(self, ada: Person, staff: Person) -> None:
        account = ada.open(deposit=100)
        deposit = self.newest(ada, account)
        ada.done("POST", f"/account/{account['account_id']}/withdraw", 201, json={"amount": 30})
        withdrawal = self.newest(ada, account)
        staff.done("POST", f"/account/transaction/{withdrawal}/reverse", 201, json={})
        assert ada.total(account) == 100
        staff.done("POST", f"/account/transaction/{deposit}/reverse", 201, json={})
        assert ada.total(account) == 0

    def test_not_when_it_would_overdraw(self, ada: Person, bob: Person, staff: Person) -> None:
        source, destination = ada.open(deposit=100), bob.open()
        ada.transfer(source, destination, 40)
        path = f"/account/transaction/{self.newest(bob, destination)}/reverse"
        bob.done("POST", f"/account/{destination['account_id']}/withdraw", 201, json={"amount": 1})
        assert staff.refused("POST", path, json={}) == (409, "insufficient_funds")
        bob.deposit(destination, 1)
        staff.done("POST", path, 201, json={})

    def test_once_also_among_eight_at_once(self, ada: Person, bob: Person, staff: Person) -> None:
        source, destination = ada.open(deposit=100), bob.open(deposit=100)
        ada.transfer(source, destination, 40)
        path = f"/account/transaction/{self.newest(ada, source)}/reverse"
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: staff.call("POST", path, json={}), range(8)))
        assert Counter(answer.json().get("code", "posted") for answer in answers) == {
            "posted": 1,
            "already_reversed": 7,
        }
        assert (ada.total(source), bob.total(destination)) == (100, 100)

    def test_not_into_or_out_of_a_closed_account(self, ada: Person, bob: Person, staff: Person) -> None:
        payer, payee, other = ada.open(deposit=5), bob.open(), bob.open()
        ada.transfer(payer, payee, 5)
        paid = self.newest(ada, payer)
        bob.transfer(payee, other, 5)
        passed_on = self.newest(bob, other)
        bob.done("DELETE", f"/account/{payee['account_id']}", 204)
        for transaction, code in ((paid, "account_closed"), (passed_on, "recipient_unavailable")):
            path = f"/account/transaction/{transaction}/reverse"
            assert staff.refused("POST", path, json={}) == (409, code)

    def test_one_that_was_imported(self, world: World, ada: Person, staff: Person) -> None:
        """Its outside name is as long as an account's id."""
        account, shop = ada.open(), "external:" + "x" * 27
        world.root.execute(
            "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
            " values ('imported', %s, %s, 7, 'EUR', clock_timestamp())",
            (shop, account["account_id"]),
        )
        path = f"/account/transaction/{self.newest(ada, account)}/reverse"
        assert staff.done("POST", path, 201, json={})["to"] == shop
        assert ada.total(account) == 0

    def test_the_daily_limit_does_not_stop_it(self, ada: Person, bob: Person, staff: Person) -> None:
        source, destination = ada.open(deposit=1_000_000), bob.open()
        ada.transfer(source, destination, 1_000_000)
        received = self.newest(bob, destination)
        bob.transfer(destination, source, 1_000_000)
        bob.deposit(destination, 1_000_000)
        staff.done("POST", f"/account/transaction/{received}/reverse", 201, json={})
        assert (ada.total(source), bob.total(destination)) == (2_000_000, 0)

    def test_nothing_of_ones_own(self, ada: Person, bob: Person, staff: Person) -> None:
        """Neither what a member of staff paid nor what they got, nor on an account that they share."""
        account, own, shared = ada.open(deposit=9), staff.open(deposit=9), bob.open()
        bob.share(shared, staff)
        staff.transfer(own, account, 2)
        paid = self.newest(staff, own)
        ada.transfer(account, own, 1)
        received = self.newest(ada, account)
        bob.deposit(shared, 4)
        for transaction in (paid, received, self.newest(bob, shared)):
            path = f"/account/transaction/{transaction}/reverse"
            assert staff.refused("POST", path, json={}) == (409, "own_account")
        assert (ada.total(account), staff.total(own), bob.total(shared)) == (10, 8, 4)

    def test_idempotent_by_key(self, ada: Person, staff: Person) -> None:
        account = ada.open(deposit=100)
        path = f"/account/transaction/{self.newest(ada, account)}/reverse"
        headers = {"Idempotency-Key": "once"}
        answers = [staff.call("POST", path, json={}, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content
        assert problem(staff.call("POST", path, json={"memo": "x"}, headers=headers)) == (
            422,
            "idempotency_conflict",
        )

    def test_only_staff_and_only_what_exists(self, ada: Person, staff: Person) -> None:
        account = ada.open(deposit=1)
        path = f"/account/transaction/{self.newest(ada, account)}/reverse"
        assert ada.refused("POST", path, json={}) == (403, "forbidden")
        refused = staff.refused("POST", f"/account/transaction/{uuid4()}/reverse", json={})
        assert refused == (404, "not_found")


class TestANewRole:
    def test_is_a_line(self, world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(ROLES, "auditor", frozenset({Right.READ_ACCOUNTS}))
        auditor, account = world.person(roles=["auditor"]), ada.open(deposit=5)
        path = f"/account/{account['account_id']}"
        assert auditor.done("GET", path, 200)["total"] == 5
        (line,) = auditor.done("GET", f"{path}/transactions", 200)["items"]
        assert auditor.done("GET", f"/account/search?number={account['number']}", 200)["items"]
        for call in (f"{path}/approve", f"/account/user/{ada.user_id}/approve"):
            assert auditor.refused("POST", call) == (403, "forbidden")
        assert auditor.refused("POST", f"/account/transaction/{line['id']}/reverse") == (403, "forbidden")

    def test_what_is_no_role_gives_nothing(self, world: World, ada: Person) -> None:
        stranger = world.person(roles=["auditor"])
        assert stranger.refused("GET", f"/account/{ada.open()['account_id']}") == (404, "not_found")


class TestReverseWithoutABody:
    def test_the_memo_is_empty(self, ada: Person, staff: Person) -> None:
        account = ada.open(deposit=5)
        (line,) = ada.done("GET", f"/account/{account['account_id']}/transactions", 200)["items"]
        answer = staff.call("POST", f"/account/transaction/{line['id']}/reverse", headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["memo"]) == (201, "")
        again = staff.done(
            "POST", f"/account/transaction/{line['id']}/reverse", 201, json={}, headers={"Idempotency-Key": "k"}
        )
        assert again == answer.json()
