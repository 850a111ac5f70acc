"""Joint accounts."""

import threading
from uuid import uuid4

import psycopg

from tests.accounts.world import Person, World, problem


class TestAddOwner:
    def test_a_joint_owner_may_do_all(self, ada: Person, bob: Person) -> None:
        account, own = ada.open(deposit=100), bob.open()
        path = f"/account/{account['account_id']}/owner"
        owners = ada.done("POST", path, 201, json={"user_id": str(bob.user_id)})["items"]
        assert [owner["user_id"] for owner in owners] == [str(ada.user_id), str(bob.user_id)]
        assert bob.transfer(account, own, 10).status_code == 201
        assert bob.done("GET", f"/account/user/{bob.user_id}", 200)["items"][0]["total"] == 90

    def test_again_changes_nothing(self, ada: Person, bob: Person) -> None:
        path = f"/account/{ada.open()['account_id']}/owner"
        for _ in range(2):
            owners = ada.done("POST", path, 201, json={"user_id": str(bob.user_id)})["items"]
        assert len(owners) == 2

    def test_only_by_an_owner_of_an_open_account(self, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open()
        path = f"/account/{account['account_id']}/owner"
        for person in (bob, staff):
            assert person.refused("POST", path, json={"user_id": str(bob.user_id)}) == (404, "not_found")
        ada.done("DELETE", f"/account/{account['account_id']}", 204)
        assert ada.refused("POST", path, json={"user_id": str(bob.user_id)}) == (409, "account_closed")

    def test_ten_at_most(self, ada: Person) -> None:
        path = f"/account/{ada.open()['account_id']}/owner"
        for _ in range(9):
            ada.done("POST", path, 201, json={"user_id": str(uuid4())})
        assert ada.refused("POST", path, json={"user_id": str(uuid4())}) == (409, "too_many_owners")
        assert ada.refused("POST", path, json={"user_id": "me"}) == (400, "invalid_request")


class TestRemoveOwner:
    def test_at_once(self, ada: Person, bob: Person) -> None:
        account, own = ada.open(deposit=100), bob.open()
        path = f"/account/{account['account_id']}/owner"
        ada.done("POST", path, 201, json={"user_id": str(bob.user_id)})
        bob.done("DELETE", f"{path}/{ada.user_id}", 204)
        assert problem(ada.transfer(account, own, 1)) == (404, "not_found")
        assert ada.refused("GET", path) == (404, "not_found")
        assert [owner["user_id"] for owner in bob.done("GET", path, 200)["items"]] == [str(bob.user_id)]

    def test_never_the_last(self, ada: Person, bob: Person) -> None:
        path = f"/account/{ada.open()['account_id']}/owner"
        assert ada.refused("DELETE", f"{path}/{ada.user_id}") == (409, "last_owner")
        assert ada.refused("DELETE", f"{path}/{bob.user_id}") == (404, "not_found")
        assert bob.refused("DELETE", f"{path}/{ada.user_id}") == (404, "not_found")

    def test_two_owners_cannot_remove_each_other_at_once(self, world: World, ada: Person, bob: Person) -> None:
        path = f"/account/{ada.open()['account_id']}/owner"
        ada.done("POST", path, 201, json={"user_id": str(bob.user_id)})
        found: list[int] = []
        threads = [
            threading.Thread(
                target=lambda a=a, b=b: found.append(a.call("DELETE", f"{path}/{b.user_id}").status_code)
            )
            for a, b in ((ada, bob), (bob, ada))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == [204, 404]

    def test_a_transfer_that_waits_for_the_account_sees_it(self, world: World, ada: Person, bob: Person) -> None:
        account, own = ada.open(deposit=100), bob.open()
        path = f"/account/{account['account_id']}/owner"
        ada.done("POST", path, 201, json={"user_id": str(bob.user_id)})
        answers = []
        with psycopg.connect(world.databases.url("accounts_app")) as connection:
            (code,) = (
                connection.execute(
                    "select accounts.remove_owner(%s, %s, %s)", (ada.user_id, account["account_id"], bob.user_id)
                ).fetchone()
                or ()
            )
            assert code == "done"
            waiting = threading.Thread(target=lambda: answers.append(bob.transfer(account, own, 1)))
            waiting.start()
            world.wait_until_someone_waits()
            connection.commit()
        waiting.join()
        assert problem(answers[0]) == (404, "not_found")
        assert ada.total(account) == 100
