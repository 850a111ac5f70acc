"""Owners of joint accounts: added by staff, taken off, gone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from tests.accounts.joint import body, owners, path_of
from tests.accounts.world import Person, World, problem


class TestAddByStaff:
    def test_at_once_to_any_account(self, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open()
        ada.done("POST", path_of(account), 201, json=body(bob))
        told = staff.done("POST", path_of(account), 201, json=body(bob))
        assert [owner["user_id"] for owner in told["items"]] == [str(ada.user_id), str(bob.user_id)]
        assert told["invitations"] == []

    def test_only_a_live_user(self, world: World, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open()
        assert staff.refused("POST", path_of(account), json=body(uuid4())) == (404, "not_found")
        world.leave(bob.user_id)
        assert staff.refused("POST", path_of(account), json=body(bob)) == (404, "not_found")

    def test_nobody_adds_themselves(self, ada: Person, staff: Person) -> None:
        assert staff.refused("POST", path_of(ada.open()), json=body(staff)) == (403, "forbidden")


class TestRemoveOwner:
    def test_at_once(self, ada: Person, bob: Person) -> None:
        account, own = ada.open(deposit=100), bob.open()
        ada.share(account, bob)
        bob.done("DELETE", f"{path_of(account)}/{ada.user_id}", 204)
        assert problem(ada.transfer(account, own, 1)) == (404, "not_found")
        assert ada.refused("GET", path_of(account)) == (404, "not_found")
        assert owners(bob, account) == ([str(bob.user_id)], [])

    @pytest.mark.parametrize("by", ["an owner", "who is invited"])
    def test_an_invitation(self, ada: Person, bob: Person, by: str) -> None:
        account = ada.open()
        ada.done("POST", path_of(account), 201, json=body(bob))
        (ada if by == "an owner" else bob).done("DELETE", f"{path_of(account)}/{bob.user_id}", 204)
        assert owners(ada, account) == ([str(ada.user_id)], [])
        assert bob.refused("POST", f"{path_of(account)}/accept") == (404, "not_found")

    def test_never_the_last_who_has_accepted(self, world: World, ada: Person, bob: Person) -> None:
        account = ada.open(deposit=5)
        mine = f"{path_of(account)}/{ada.user_id}"
        ada.done("POST", path_of(account), 201, json=body(bob))
        assert ada.refused("DELETE", mine) == (409, "last_owner")
        bob.done("POST", f"{path_of(account)}/accept", 200)
        world.leave(bob.user_id)
        assert ada.refused("DELETE", mine) == (409, "last_owner")
        world.leave(bob.user_id, is_leaving=False)
        ada.done("DELETE", mine, 204)

    def test_not_another_ones(self, ada: Person, bob: Person) -> None:
        account = ada.open()
        assert ada.refused("DELETE", f"{path_of(account)}/{bob.user_id}") == (404, "not_found")
        assert bob.refused("DELETE", f"{path_of(account)}/{ada.user_id}") == (404, "not_found")

    def test_two_owners_cannot_remove_each_other_at_once(self, world: World, ada: Person, bob: Person) -> None:
        account = ada.open()
        ada.share(account, bob)
        with ThreadPoolExecutor(2) as pool:
            found = list(
                pool.map(
                    lambda pair: pair[0].call("DELETE", f"{path_of(account)}/{pair[1].user_id}").status_code,
                    ((ada, bob), (bob, ada)),
                )
            )
        assert sorted(found) == [204, 404]

    def test_a_transfer_that_waits_for_the_account_sees_it(self, world: World, ada: Person, bob: Person) -> None:
        account, own = ada.open(deposit=100), bob.open()
        ada.share(account, bob)
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


class TestLeaving:
    """What a user gets no more once the users service has begun to delete them."""

    def test_no_account_share_or_approval(self, world: World, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open()
        world.leave(ada.user_id)
        create = {"type": "checking", "currency": "EUR"}
        assert ada.refused("POST", "/account/create", json=create) == (409, "user_leaving")
        assert ada.refused("POST", path_of(account), json=body(bob)) == (404, "not_found")
        assert staff.refused("POST", f"/account/user/{ada.user_id}/approve") == (404, "not_found")
        newcomer = world.person(approved=False)
        approve = f"/account/{newcomer.open()['account_id']}/approve"
        world.leave(newcomer.user_id)
        assert staff.refused("POST", approve) == (409, "user_leaving")

    def test_an_account_that_is_being_opened_is_waited_for(self, world: World, ada: Person) -> None:
        answers: list[int] = []
        with psycopg.connect(world.databases.url("accounts_app")) as connection:
            opened = connection.execute(
                "select account_id from accounts.open_account(%s, 'checking', 'EUR', true, 9)", (ada.user_id,)
            ).fetchone()
            assert opened is not None
            world.leave(ada.user_id)
            closing = threading.Thread(
                target=lambda: answers.append(ada.call("DELETE", f"/account/user/{ada.user_id}").status_code)
            )
            closing.start()
            world.wait_until_someone_waits()
            connection.commit()
        closing.join()
        assert answers == [204]
        assert world.value("select closed_at is not null from accounts.account where id = %s", opened[0])

    def test_money_on_an_account_shared_with_who_leaves_too_is_not_left_behind(
        self, world: World, ada: Person, bob: Person
    ) -> None:
        account = ada.open(deposit=5)
        ada.share(account, bob)
        for person in (ada, bob):
            world.leave(person.user_id)
        for person in (ada, bob):
            assert person.refused("DELETE", f"/account/user/{person.user_id}") == (409, "balance_not_zero")
