"""Joint accounts: invited, accepted, refused, taken back."""

from typing import Any
from uuid import uuid4

import pytest

from tests.accounts.joint import body, owners, path_of
from tests.accounts.world import Person, World, problem


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

    def test_the_third_refusal_counts_for_every_account(self, world: World, ada: Person, bob: Person) -> None:
        """Else a pest would open an account for each invitation."""
        accounts = [ada.open() for _ in range(3)]
        for account in accounts:
            ada.done("POST", path_of(account), 201, json=body(bob))
            bob.done("DELETE", f"{path_of(account)}/{bob.user_id}", 204)
            ada.done("DELETE", f"/account/{account['account_id']}", 204)
        account, friend = ada.open(), world.person()
        assert ada.refused("POST", path_of(account), json=body(bob)) == (409, "invitation_refused")
        ada.share(account, friend)
        friend.done("POST", path_of(account), 201, json=body(bob))
        friend.done("DELETE", f"{path_of(account)}/{bob.user_id}", 204)
        world.root.execute(
            "update accounts.invitation_refusal set refused_at = now() - interval '30 days' where account_id = %s",
            (accounts[0]["account_id"],),
        )
        ada.done("POST", path_of(account), 201, json=body(bob))

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
