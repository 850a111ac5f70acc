"""Deposit, withdraw, transfer: what moves, and what is refused with which code."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from tests.accounts.world import Person, World, problem


class TestDeposit:
    def test_money_comes_in(self, ada: Person) -> None:
        account = ada.open()
        body = {"amount": 12_345, "source": "external:wire", "memo": "salary"}
        movement = ada.done("POST", f"/account/{account['account_id']}/deposit", 201, json=body)
        assert movement.pop("transfer_id")
        assert movement.pop("time").endswith("Z")
        assert movement == {
            "kind": "deposit",
            "from": "external:wire",
            "to": account["account_id"],
            "amount": 12_345,
            "currency": "EUR",
            "memo": "salary",
            "balance_after": 12_345,
        }
        assert ada.total(account) == 12_345

    def test_only_into_ones_own_account(self, ada: Person, bob: Person) -> None:
        account = ada.open()
        for account_id in (account["account_id"], uuid4()):
            refused = bob.refused("POST", f"/account/{account_id}/deposit", json={"amount": 1})
            assert refused == (404, "not_found")

    def test_only_from_a_known_outside(self, ada: Person) -> None:
        path = f"/account/{ada.open()['account_id']}/deposit"
        for source in ("external:Ada Lovelace", "cash", "", None):
            refused = ada.refused("POST", path, json={"amount": 1, "source": source})
            assert refused == (400, "invalid_request")

    def test_not_by_a_user_who_waits_for_approval(self, world: World) -> None:
        person = world.person(approved=False)
        path = f"/account/{person.open()['account_id']}/deposit"
        assert person.refused("POST", path, json={"amount": 1}) == (409, "user_not_approved")

    def test_not_into_an_account_that_waits_for_approval(self, world: World) -> None:
        person = world.person(approved=False)
        account = person.open()
        world.root.execute(
            "update users.live_session set user_approved = true where user_id = %s", (person.user_id,)
        )
        path = f"/account/{account['account_id']}/deposit"
        assert person.refused("POST", path, json={"amount": 1}) == (409, "account_not_approved")

    def test_not_into_a_closed_account(self, ada: Person) -> None:
        account = ada.open()
        ada.done("DELETE", f"/account/{account['account_id']}", 204)
        path = f"/account/{account['account_id']}/deposit"
        assert ada.refused("POST", path, json={"amount": 1}) == (409, "account_closed")

    def test_a_balance_never_passes_what_json_readers_keep_exactly(self, world: World, ada: Person) -> None:
        account = ada.open()
        world.root.execute(
            "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
            " select 'imported', 'external:test', %s, 1000000000000, 'EUR', clock_timestamp()"
            " from generate_series(1, 9007)",
            (account["account_id"],),
        )
        path = f"/account/{account['account_id']}/deposit"
        ada.done("POST", path, 201, json={"amount": 199_254_740_991})
        assert ada.refused("POST", path, json={"amount": 1}) == (409, "balance_limit_exceeded")
        assert ada.total(account) == 2**53 - 1
        payer = ada.open(deposit=5)
        assert problem(ada.transfer(payer, account, 1)) == (409, "recipient_unavailable")


class TestWithdraw:
    def test_money_goes_out(self, ada: Person) -> None:
        account = ada.open(deposit=100)
        path = f"/account/{account['account_id']}/withdraw"
        movement = ada.done("POST", path, 201, json={"amount": 30, "destination": "external:card"})
        assert (movement["kind"], movement["from"], movement["to"], movement["balance_after"]) == (
            "withdrawal",
            account["account_id"],
            "external:card",
            70,
        )

    def test_not_more_than_there_is(self, ada: Person) -> None:
        account = ada.open(deposit=100)
        path = f"/account/{account['account_id']}/withdraw"
        assert ada.refused("POST", path, json={"amount": 101}) == (409, "insufficient_funds")
        ada.done("POST", path, 201, json={"amount": 100})

    def test_down_to_the_overdraft_limit(self, world: World, ada: Person) -> None:
        account = ada.open(deposit=100)
        world.root.execute(
            "update accounts.account set overdraft_limit = 50 where id = %s", (account["account_id"],)
        )
        path = f"/account/{account['account_id']}/withdraw"
        assert ada.refused("POST", path, json={"amount": 151}) == (409, "insufficient_funds")
        assert ada.done("POST", path, 201, json={"amount": 150})["balance_after"] == -50

    def test_not_from_a_foreign_account(self, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open(deposit=100)
        for person in (bob, staff):
            path = f"/account/{account['account_id']}/withdraw"
            assert person.refused("POST", path, json={"amount": 1}) == (404, "not_found")

    def test_no_more_in_a_day_than_the_limit(self, world: World, ada: Person, bob: Person) -> None:
        account, other = ada.open(deposit=3_000_000), bob.open()
        path = f"/account/{account['account_id']}/withdraw"
        ada.done("POST", path, 201, json={"amount": 400_000})
        assert ada.transfer(account, other, 600_000).status_code == 201
        assert ada.refused("POST", path, json={"amount": 1}) == (409, "daily_limit_exceeded")
        assert problem(ada.transfer(account, other, 1)) == (409, "daily_limit_exceeded")
        ada.deposit(account, 5)
        with psycopg.connect(world.databases.superuser_url()) as yesterday:
            yesterday.execute("set session_replication_role = replica")
            yesterday.execute(
                "update accounts.account set spent_on = spent_on - 1 where id = %s", (account["account_id"],)
            )
        ada.done("POST", path, 201, json={"amount": 1})

    def test_the_daily_limit_holds_among_many_at_once(self, ada: Person) -> None:
        account = ada.open(deposit=3_000_000)
        path = f"/account/{account['account_id']}/withdraw"
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: ada.call("POST", path, json={"amount": 100_000}), range(16)))
        assert Counter(answer.json().get("code", "posted") for answer in answers) == {
            "posted": 10,
            "daily_limit_exceeded": 6,
        }
        assert ada.total(account) == 2_000_000


class TestTransfer:
    def test_by_id_and_by_number(self, ada: Person, bob: Person) -> None:
        source, destination = ada.open(deposit=100), bob.open()
        by_id = ada.transfer(source, destination, 10, body={"memo": "Mittagessen 🍲"}).json()
        by_number = ada.transfer({"account_id": source["number"]}, destination["number"], 20).json()
        assert (by_id["kind"], by_id["memo"], by_id["balance_after"]) == ("transfer", "Mittagessen 🍲", 90)
        for movement in (by_id, by_number):
            assert (movement["from"], movement["to"]) == (source["account_id"], destination["account_id"])
        assert by_number["balance_after"] == 70
        assert bob.total(destination) == 30

    @pytest.mark.parametrize("memo", ["", " ", '"', "\\", '\\"', "a,b", "{}", "NULL", "'", "%s %(memo)s $1 :memo"])
    def test_a_memo_is_what_was_sent(self, ada: Person, bob: Person, memo: str) -> None:
        answer = ada.transfer(ada.open(deposit=1), bob.open(), 1, body={"memo": memo})
        assert (answer.status_code, answer.json()["memo"]) == (201, memo)

    @pytest.mark.parametrize(
        "memo",
        ["\0", "\n", "a\tb", "\x1b[31m", "\x7f", "\u0085", "\u202epay", "\u2066", "\u200b", "\ufeff", "\ue000"],
    )
    def test_a_memo_is_plain_text(self, ada: Person, bob: Person, memo: str) -> None:
        source, destination = ada.open(deposit=1), bob.open()
        answer = ada.transfer(source, destination, 1, body={"memo": memo})
        assert problem(answer) == (400, "invalid_request")
        deposit = f"/account/{source['account_id']}/deposit"
        assert ada.refused("POST", deposit, json={"amount": 1, "memo": memo}) == (400, "invalid_request")

    def test_to_itself(self, ada: Person) -> None:
        account = ada.open(deposit=100)
        for to in (account["account_id"], account["number"]):
            assert problem(ada.transfer(account, to, 1)) == (409, "same_account")

    def test_nobody_learns_that_a_strangers_id_and_number_belong_together(self, ada: Person, bob: Person) -> None:
        own, one, other = ada.open(deposit=9), bob.open(), bob.open()
        sides = [own["account_id"], one["account_id"], one["number"], other["number"], str(uuid4())]
        for source in sides[1:]:
            for to in sides:
                assert problem(ada.transfer({"account_id": source}, to, 1)) == (404, "not_found")
        assert [ada.transfer(own, to, 1).status_code for to in sides[1:]] == [201, 201, 201, 409]

    def test_from_a_foreign_or_unknown_account(self, ada: Person, bob: Person) -> None:
        own, foreign = ada.open(deposit=1), bob.open(deposit=1)
        for source in (foreign, {"account_id": str(uuid4())}, {"account_id": foreign["number"]}):
            assert problem(ada.transfer(source, own, 1)) == (404, "not_found")

    def test_whatever_is_wrong_with_a_stranger_is_one_answer(self, world: World, ada: Person, bob: Person) -> None:
        source = ada.open(deposit=100)
        closed, dollars = bob.open(), bob.open("USD")
        bob.done("DELETE", f"/account/{closed['account_id']}", 204)
        waiting = world.person(approved=False).open()
        answers = [ada.transfer(source, to, 1) for to in (closed, waiting, dollars, str(uuid4()), "1000000018")]
        assert {problem(answer) for answer in answers} == {(409, "recipient_unavailable")}
        assert len({answer.text for answer in answers}) == 1

    def test_between_ones_own_currencies(self, ada: Person) -> None:
        euros, dollars = ada.open(deposit=10), ada.open("USD")
        assert problem(ada.transfer(euros, dollars, 1)) == (409, "currency_differs")

    def test_from_an_account_that_cannot_pay(self, world: World, ada: Person, bob: Person) -> None:
        poor, closed, destination = ada.open(deposit=9), ada.open(), bob.open()
        ada.done("DELETE", f"/account/{closed['account_id']}", 204)
        assert problem(ada.transfer(poor, destination, 10)) == (409, "insufficient_funds")
        assert problem(ada.transfer(closed, destination, 1)) == (409, "account_closed")
        stopped = world.person(approved=False)
        assert problem(stopped.transfer(stopped.open(), destination, 1)) == (409, "user_not_approved")

    def test_a_mistyped_number_is_refused_before_anything_else(self, world: World, ada: Person) -> None:
        number = world.person().open()["number"]
        mistyped = [
            number[:i] + str(digit) + number[i + 1 :]
            for i in range(10)
            for digit in range(10)
            if str(digit) != number[i]
        ]
        mistyped += [
            number[:i] + number[i + 1] + number[i] + number[i + 2 :]
            for i in range(9)
            if number[i] != number[i + 1]
        ]
        before = world.ledger_hash()
        for to in mistyped:
            answer = ada.transfer({"account_id": str(uuid4())}, to, 1)
            assert problem(answer) == ((400, "invalid_request") if to[0] == "0" else (409, "value_refused"))
            assert answer.json()["errors"][0]["field"] == "to"
        assert world.ledger_hash() == before

    def test_amounts_from_one_to_a_million_million(self, world: World, ada: Person, bob: Person) -> None:
        source, destination = ada.open(deposit=5), bob.open()
        assert problem(ada.transfer(source, destination, 10**12)) == (409, "insufficient_funds")
        assert problem(ada.transfer(source, destination, 10**12 + 1)) == (400, "invalid_request")
        assert problem(ada.transfer(source, destination, 0)) == (400, "invalid_request")
        assert ada.transfer(source, destination, 5).status_code == 201

    def test_a_memo_has_140_characters(self, ada: Person, bob: Person) -> None:
        source, destination = ada.open(deposit=5), bob.open()
        assert ada.transfer(source, destination, 1, body={"memo": "é" * 140}).status_code == 201
        assert problem(ada.transfer(source, destination, 1, body={"memo": "é" * 141})) == (400, "invalid_request")
