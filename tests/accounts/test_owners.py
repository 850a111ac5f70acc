"""Joint accounts: invited, accepted, refused, taken back, left."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.accounts.world import Person, World, problem


def path_of(account: dict[str, Any]) -> str:
    return f"/account/{account['account_id']}/owner"


def body(person: Person | UUID) -> dict[str, str]:
    return {"user_id": str(person.user_id if isinstance(person, Person) else person)}


def owners(person: Person, account: dict[str, Any]) -> tuple[list[str], list[str]]:
    told = person.done("GET", path_of(account), 200)
    return [o["user_id"] for o in told["items"]], [i["user_id"] for i in told["invitations"]]


class TestInvite:
    def test_who_is_invited_owns_nothing_yet(self, ada: Person, bob: Person) -> None:
        account, own = ada.open(deposit=100), bob.open()
        told = ada.done("POST", path_of(account), 201, json=body(bob))
        assert [owner["user_id"] for owner in told["items"]] == [str(ada.user_id)]
        (invitation,) = told["invitations"]
        assert (invitation["user_id"], invitation["invited_by"]) == (str(bob.user_id), str(ada.user_id))
        assert problem(bob.transfer(account, own, 1)) == (404, "not_found")
        assert bob.refused("GET", f"/account/{account['account_id']}") == (404, "not_found")
        listed = bob.done("GET", f"/account/user/{bob.user_id}", 200)["items"]
        assert [item["account_id"] for item in listed] == [own["account_id"]]

    def test_again_begins_the_time_anew(self, world: World, ada: Person, bob: Person) -> None:
        account = ada.open()
        ada.done("POST", path_of(account), 201, json=body(bob))
        world.root.execute("update accounts.invitation set expires_at = now() - interval '1 second'")
        assert owners(ada, account) == ([str(ada.user_id)], [])
        ada.done("POST", path_of(account), 201, json=body(bob))
        assert owners(ada, account) == ([str(ada.user_id)], [str(bob.user_id)])

    def test_an_owner_is_one_already(self, ada: Person, bob: Person) -> None:
        account = ada.open()
        ada.share(account, bob)
        assert ada.done("POST", path_of(account), 201, json=body(bob))["invitations"] == []

    def test_only_by_an_approved_owner_of_an_open_account(self, world: World, ada: Person, bob: Person) -> None:
        account, newcomer = ada.open(), world.person(approved=False)
        assert bob.refused("POST", path_of(account), json=body(bob)) == (404, "not_found")
        assert newcomer.refused("POST", path_of(newcomer.open()), json=body(bob)) == (409, "user_not_approved")
        ada.done("DELETE", f"/account/{account['account_id']}", 204)
        assert ada.refused("POST", path_of(account), json=body(bob)) == (409, "account_closed")

    def test_ten_at_most_with_those_who_are_invited(self, ada: Person, bob: Person) -> None:
        account = ada.open()
        for _ in range(9):
            ada.done("POST", path_of(account), 201, json=body(uuid4()))
        assert ada.refused("POST", path_of(account), json=body(bob)) == (409, "too_many_owners")
        assert ada.refused("POST", path_of(account), json={"user_id": "me"}) == (400, "invalid_request")

    def test_whether_a_user_exists_is_not_told(self, ada: Person) -> None:
        account = ada.open()
        told = ada.done("POST", path_of(account), 201, json=body(uuid4()))
        assert len(told["invitations"]) == 1

    def test_three_of_one_owner_at_once_to_the_same_user(self, ada: Person, bob: Person) -> None:
        accounts = [ada.open() for _ in range(4)]
        for account in accounts[:3]:
            ada.done("POST", path_of(account), 201, json=body(bob))
        refused = ada.refused("POST", path_of(accounts[3]), json=body(bob))
        assert refused == (409, "too_many_invitations")
        ada.done("POST", path_of(accounts[0]), 201, json=body(bob))
        bob.done("DELETE", f"{path_of(accounts[0])}/{bob.user_id}", 204)
        ada.done("POST", path_of(accounts[3]), 201, json=body(bob))


class TestInviteAgain:
    """After a refusal."""

    @pytest.fixture
    def account(self, ada: Person, bob: Person) -> dict[str, Any]:
        """Bob has refused Ada's invitation to it."""
        account = ada.open()
        ada.done("POST", path_of(account), 201, json=body(bob))
        bob.done("DELETE", f"{path_of(account)}/{bob.user_id}", 204)
        return account

    def test_a_refusal_stands(self, account: dict[str, Any], ada: Person, bob: Person) -> None:
        for _ in range(2):
            assert ada.refused("POST", path_of(account), json=body(bob)) == (409, "invitation_refused")
        assert owners(ada, account) == ([str(ada.user_id)], [])
        assert bob.done("GET", "/account/invitation", 200)["items"] == []

    def test_for_thirty_days(self, account: dict[str, Any], world: World, ada: Person, bob: Person) -> None:
        set_back = (
            "update accounts.invitation_refusal set refused_at = now() - interval '%s' where account_id = '%s'"
        )
        world.root.execute(set_back % ("29 days 23 hours", account["account_id"]))
        assert ada.refused("POST", path_of(account), json=body(bob)) == (409, "invitation_refused")
        world.root.execute(set_back % ("30 days", account["account_id"]))
        ada.done("POST", path_of(account), 201, json=body(bob))
        bob.done("DELETE", f"{path_of(account)}/{bob.user_id}", 204)
        assert ada.refused("POST", path_of(account), json=body(bob)) == (409, "invitation_refused")

    def test_only_of_that_owner_to_that_account(
        self, account: dict[str, Any], world: World, ada: Person, bob: Person
    ) -> None:
        ada.done("POST", path_of(ada.open()), 201, json=body(bob))
        friend = world.person()
        ada.done("POST", path_of(account), 201, json=body(friend))
        friend.done("POST", f"{path_of(account)}/accept", 200)
        friend.done("POST", path_of(account), 201, json=body(bob))
        bob.done("POST", f"{path_of(account)}/accept", 200)

    def test_staff_add_all_the_same(
        self, account: dict[str, Any], ada: Person, bob: Person, staff: Person
    ) -> None:
        staff.done("POST", path_of(account), 201, json=body(bob))
        assert owners(ada, account) == ([str(ada.user_id), str(bob.user_id)], [])

    def test_what_an_owner_takes_back_may_be_sent_again(self, ada: Person, bob: Person) -> None:
        account = ada.open()
        for _ in range(2):
            ada.done("POST", path_of(account), 201, json=body(bob))
            ada.done("DELETE", f"{path_of(account)}/{bob.user_id}", 204)

    def test_an_owner_who_leaves_has_refused_nothing(self, ada: Person, bob: Person) -> None:
        account = ada.open()
        ada.share(account, bob)
        bob.done("DELETE", f"{path_of(account)}/{bob.user_id}", 204)
        ada.done("POST", path_of(account), 201, json=body(bob))


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


class TestAccept:
    def test_a_joint_owner_may_do_all(self, ada: Person, bob: Person) -> None:
        account, own = ada.open(deposit=100), bob.open()
        ada.done("POST", path_of(account), 201, json=body(bob))
        assert account["is_joint"] is False
        accepted = bob.done("POST", f"{path_of(account)}/accept", 200)
        assert accepted["is_joint"] is True
        assert (accepted["account_id"], accepted["total"]) == (account["account_id"], 100)
        assert bob.transfer(account, own, 10).status_code == 201
        assert owners(bob, account) == ([str(ada.user_id), str(bob.user_id)], [])

    def test_may_be_repeated(self, ada: Person, bob: Person) -> None:
        account = ada.open()
        ada.share(account, bob)
        bob.done("POST", f"{path_of(account)}/accept", 200)

    def test_not_from_who_owns_the_account_no_more(self, world: World, ada: Person, bob: Person) -> None:
        account, friend = ada.open(), world.person()
        ada.share(account, bob)
        bob.done("POST", path_of(account), 201, json=body(friend))
        ada.done("DELETE", f"{path_of(account)}/{bob.user_id}", 204)
        assert owners(ada, account) == ([str(ada.user_id)], [])
        assert friend.refused("POST", f"{path_of(account)}/accept") == (404, "not_found")

    def test_not_from_who_was_deleted(self, world: World, ada: Person, bob: Person) -> None:
        account, friend = ada.open(deposit=7), world.person()
        ada.share(account, bob)
        bob.done("POST", path_of(account), 201, json=body(friend))
        world.leave(bob.user_id)
        bob.done("DELETE", f"/account/user/{bob.user_id}", 204)
        assert friend.refused("POST", f"{path_of(account)}/accept") == (404, "not_found")

    def test_only_by_an_approved_user(self, world: World, ada: Person) -> None:
        account, newcomer = ada.open(deposit=7), world.person(approved=False)
        ada.done("POST", path_of(account), 201, json=body(newcomer))
        assert newcomer.refused("POST", f"{path_of(account)}/accept") == (409, "user_not_approved")

    def test_only_what_still_stands(self, world: World, ada: Person, bob: Person) -> None:
        account = ada.open()
        accept = f"{path_of(account)}/accept"
        assert bob.refused("POST", accept) == (404, "not_found")
        ada.done("POST", path_of(account), 201, json=body(bob))
        world.root.execute("update accounts.invitation set expires_at = now()")
        assert bob.refused("POST", accept) == (404, "not_found")
        ada.done("POST", path_of(account), 201, json=body(bob))
        ada.done("DELETE", f"/account/{account['account_id']}", 204)
        assert bob.refused("POST", accept) == (409, "account_closed")
        assert bob.done("GET", "/account/invitation", 200)["items"] == []
        assert owners(ada, account) == ([str(ada.user_id)], [])
        bob.done("DELETE", f"{path_of(account)}/{bob.user_id}", 204)
        assert bob.refused("POST", accept) == (404, "not_found")

    def test_not_beyond_the_limit_of_open_accounts(self, world: World, ada: Person, bob: Person) -> None:
        """Whom strangers invite loses nothing by it: only what they accept counts."""
        account = ada.open()
        for _ in range(29):
            bob.open()
        ada.done("POST", path_of(account), 201, json=body(bob))
        last = bob.open()
        assert bob.refused("POST", f"{path_of(account)}/accept") == (409, "too_many_accounts")
        bob.done("DELETE", f"/account/{last['account_id']}", 204)
        bob.done("POST", f"{path_of(account)}/accept", 200)

    def test_not_while_the_user_is_being_deleted(self, world: World, ada: Person, bob: Person) -> None:
        account = ada.open()
        ada.done("POST", path_of(account), 201, json=body(bob))
        world.leave(bob.user_id)
        assert bob.refused("POST", f"{path_of(account)}/accept") == (404, "not_found")


class TestListInvitations:
    def test_shows_what_one_needs_to_decide(self, ada: Person, bob: Person) -> None:
        accounts = [ada.open(), ada.open("USD", "savings")]
        for account in accounts:
            ada.done("POST", path_of(account), 201, json=body(bob))
        first = bob.done("GET", "/account/invitation?limit=1", 200)
        second = bob.done("GET", f"/account/invitation?limit=1&cursor={first['next_cursor']}", 200)
        assert second["next_cursor"] is None
        for account, (told,) in zip(accounts, (first["items"], second["items"]), strict=True):
            assert {name: told[name] for name in ("account_id", "number", "type", "currency")} == {
                name: account[name] for name in ("account_id", "number", "type", "currency")
            }
            assert told["invited_by"] == str(ada.user_id)
            assert "total" not in told
        assert ada.done("GET", "/account/invitation", 200)["items"] == []


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
