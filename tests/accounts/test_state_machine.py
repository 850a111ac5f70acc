"""The service against a model of it, driven by hypothesis: whatever people do, both say the same."""

import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.accounts.bank_answers import (
    assert_change,
    assert_moved,
    assert_posted,
    body_of,
    expected_lines,
    told_line,
)
from tests.accounts.bank_machine import BankAndModel
from tests.accounts.bank_model import POSTED, Wish
from tests.accounts.world import World, problem
from tests.cluster import REPOSITORY, Databases

pytestmark = pytest.mark.slow

EXAMPLES = settings(
    max_examples=20,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

people = st.integers(0, 2)
# Whose token: mostly that of an owner of the account, now and then anybody's.
callers = st.integers(0, 9)
accounts = st.integers(0, 30)
amounts = st.sampled_from([1, 20, 300, 300, 400_000, 600_000, 10**12])
keyed_or_not = st.sampled_from([True, True, False])
memos = st.sampled_from(["", "rent", "=1+1", 'a "quote" \\ ☃'])
ways = st.sampled_from(["id", "number", "id", "number", "id", "to itself", "to nobody", "from anybody"])
movements = st.tuples(accounts, accounts, amounts, memos, ways)


class BankMachine(BankAndModel):
    """Three customers, of whom the last is not approved at first, and a member of staff.

    A rule's numbers choose among the people and accounts there are; one account is nobody's.
    """

    @initialize()
    def begin(self) -> None:
        """Each has accounts, and two of them money."""
        for who, currency in ((0, "EUR"), (1, "EUR"), (0, "EUR"), (0, "USD"), (2, "EUR")):
            self.open(who, currency)
        for which in range(3):
            self.deposit(0, which, 5_000_000, "", False)
        self.invite(0, 0, 1)
        self.accept(1, 0)

    @rule(who=people, currency=st.sampled_from(["EUR", "EUR", "USD"]))
    def open(self, who: int, currency: str) -> None:
        person = self.people[who]
        told = person.open(currency)
        self.model.opened(told["account_id"], told["number"], currency, str(person.user_id))
        assert told["approved"] is self.model.accounts[told["account_id"]].approved

    @rule(who=people)
    def approve_user(self, who: int) -> None:
        person = self.people[who]
        self.world.root.execute(
            "update users.live_session set user_approved = true where user_id = %s", (person.user_id,)
        )
        self.world.users.me[person.token]["approved"] = True
        count = self.model.approve_user(str(person.user_id))
        told = self.staff.done("POST", f"/account/user/{person.user_id}/approve", 200)
        assert told == {"approved": count}

    @rule(which=accounts)
    def approve_account(self, which: int) -> None:
        account = self._pick(which)
        answer = self.staff.call("POST", f"/account/{account.account_id}/approve")
        assert_change(answer, 200, self.model.approve_account(account.account_id))

    @rule(who=callers, which=accounts, amount=amounts, memo=memos, keyed=keyed_or_not)
    def deposit(self, who: int, which: int, amount: int, memo: str, keyed: bool) -> None:
        account_id = self._pick(which).account_id
        self._move(
            self._caller(who, account_id),
            f"/account/{account_id}/deposit",
            {"amount": amount, "source": "external:card", "memo": memo},
            Wish("external:card", account_id, amount, memo),
            keyed,
        )

    @rule(who=callers, which=accounts, amount=amounts, memo=memos, keyed=keyed_or_not)
    def withdraw(self, who: int, which: int, amount: int, memo: str, keyed: bool) -> None:
        account_id = self._pick(which).account_id
        self._move(
            self._caller(who, account_id),
            f"/account/{account_id}/withdraw",
            {"amount": amount, "destination": "external:wire", "memo": memo},
            Wish(account_id, "external:wire", amount, memo),
            keyed,
        )

    @rule(who=people, movement=movements, keyed=keyed_or_not)
    def transfer(self, who: int, movement: tuple[int, int, int, str, str], keyed: bool) -> None:
        person = self.people[who]
        wish = self._wish(person, *movement)
        self._move(person, "/account/transfer", body_of(wish), wish, keyed)

    @rule(
        who=people,
        several=st.lists(movements, min_size=1, max_size=5),
        mode=st.sampled_from(["one_by_one", "all_or_nothing"]),
        keyed=keyed_or_not,
    )
    def bulk(self, who: int, several: list[tuple[int, int, int, str, str]], mode: str, keyed: bool) -> None:
        person = self.people[who]
        wishes = [self._wish(person, *movement) for movement in several]
        body = {"mode": mode, "transfers": [body_of(wish) for wish in wishes]}
        all_or_nothing = mode == "all_or_nothing"
        outcomes = self.model.post_all(str(person.user_id), wishes, all_or_nothing=all_or_nothing)
        answer = self._ask(person, "/account/transfers", body, keyed, outcomes)
        fails = all_or_nothing and any(outcome.code != POSTED for outcome in outcomes)
        assert answer.status_code == (409 if fails else 201), answer.text
        items = answer.json()["items"]
        assert [item["status"] for item in items] == [o.code if o.transfer else "refused" for o in outcomes]
        for item, outcome in zip(items, outcomes, strict=True):
            if outcome.transfer:
                assert_posted(item, outcome)
            else:
                assert item["code"] == outcome.code

    @precondition(lambda self: any(account.lines for account in self.model.accounts.values()))
    @rule(who=st.integers(0, 9), which=st.integers(0, 200), memo=memos, keyed=keyed_or_not)
    def reverse(self, who: int, which: int, memo: str, keyed: bool) -> None:
        """By staff; now and then a customer tries."""
        line, transaction_id = self._pick_line(which)
        path = f"/account/transaction/{transaction_id}/reverse"
        if who == 9:
            assert self.people[0].refused("POST", path, json={"memo": memo}) == (403, "forbidden")
            return
        outcome = self.model.reverse(line, memo)
        answer = self._ask(self.staff, path, {"memo": memo}, keyed, [outcome])
        assert_moved(answer, outcome)

    @rule(who=callers, which=accounts, owner=people)
    def invite(self, who: int, which: int, owner: int) -> None:
        account, owner_id = self._pick(which), str(self.people[owner].user_id)
        person = self._caller(who, account.account_id)
        code = self.model.invite(str(person.user_id), account.account_id, owner_id)
        answer = person.call("POST", f"/account/{account.account_id}/owner", json={"user_id": owner_id})
        assert_change(answer, 201, code)
        if code == "done":
            assert [item["user_id"] for item in answer.json()["items"]] == account.owners
            assert {item["user_id"] for item in answer.json()["invitations"]} == set(account.invited)

    @rule(who=people, which=accounts)
    def accept(self, who: int, which: int) -> None:
        account, person = self._pick(which), self.people[who]
        code = self.model.accept(str(person.user_id), account.account_id)
        assert_change(person.call("POST", f"/account/{account.account_id}/owner/accept"), 200, code)

    @rule(who=callers, which=accounts, owner=people)
    def remove_owner(self, who: int, which: int, owner: int) -> None:
        account, owner_id = self._pick(which), str(self.people[owner].user_id)
        person = self._caller(who, account.account_id)
        code = self.model.remove_owner(str(person.user_id), account.account_id, owner_id)
        answer = person.call("DELETE", f"/account/{account.account_id}/owner/{owner_id}")
        assert_change(answer, 204, code)

    @rule(who=callers, which=accounts)
    def close(self, who: int, which: int) -> None:
        account = self._pick(which)
        person = self._caller(who, account.account_id)
        code = self.model.close(str(person.user_id), account.account_id)
        assert_change(person.call("DELETE", f"/account/{account.account_id}"), 204, code)

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 100), changed=st.booleans())
    def repeat(self, which: int, changed: bool) -> None:
        """The first answer again, unless the body differs or the caller lost an account that it tells about."""
        asked = self.asked[which % len(self.asked)]
        other = {"transfers": asked.body["transfers"] * 2} if "transfers" in asked.body else {"memo": "another"}
        body = asked.body | (other if changed else {})
        again = asked.person.call("POST", asked.path, json=body, headers={"Idempotency-Key": asked.key})
        if changed:
            assert problem(again) == (422, "idempotency_conflict")
        elif asked.person is self.staff or self.model.may_see(str(asked.person.user_id), asked.outcomes):
            assert (again.status_code, again.content) == (asked.answer.status_code, asked.answer.content)
        else:
            assert problem(again) == (404, "not_found")

    @invariant()
    def balances_are_the_models(self) -> None:
        expected = {
            (a.account_id, a.total, len(a.lines), a.approved, a.is_closed) for a in self.model.accounts.values()
        }
        found = self.world.rows(
            "select id::text, total, last_sequence, approved, closed_at is not null from accounts.account"
            " where id = any(%s::uuid[])",
            list(self.model.accounts),
        )
        assert set(found) == expected

    @invariant()
    def statements_are_the_models(self) -> None:
        """Of the accounts that the last step touched, as their owners read them; strangers read nothing."""
        for account in {account.account_id: account for account in self.touched}.values():
            for person in self.people:
                answer = person.call("GET", f"/account/{account.account_id}/transactions?limit=100")
                if str(person.user_id) not in account.owners:
                    assert problem(answer) == (404, "not_found")
                    continue
                told = [told_line(item) for item in answer.json()["items"]]
                assert told == expected_lines(account)[:100]
        self.touched.clear()


@pytest.mark.timeout(600)
def test_the_service_does_what_the_model_does(world: World, module_databases: Databases) -> None:
    machine = type("Machine", (BankMachine,), {"world": world})
    run_state_machine_as_test(machine, settings=EXAMPLES)
    verified = subprocess.run(
        [sys.executable, "-m", "api.accounts.admin", "verify"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "TIDEMARK_MIGRATION_URL": module_databases.url("accounts_owner")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr
