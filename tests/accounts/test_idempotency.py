"""`Idempotency-Key`: one posting, one answer."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from litestar.testing import TestClient

from api.accounts.app import create_app
from api.accounts.settings import AccountsSettings
from api.shared.lambda_handler import LambdaHandler
from tests.accounts.world import Person, World, key_source, problem


@pytest.fixture(scope="module")
def other_instance(world: World, settings: AccountsSettings) -> Iterator[World]:
    """The same bank through a second instance of the service."""
    with TestClient(create_app(settings, key_source), raise_server_exceptions=False) as client:
        other = World(world.databases, client, world.users)
        yield other
        other.close()


@pytest.fixture
def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


class TestIdempotencyKey:
    def test_a_repeat_gets_the_first_answer(self, ada: Person, bob: Person, key: dict[str, str]) -> None:
        source, destination = ada.open(deposit=100), bob.open()
        answers = [ada.transfer(source, destination, 60, headers=key) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 201]
        assert len({answer.content for answer in answers}) == 1
        assert ada.total(source) == 40

    def test_white_space_and_order_do_not_count(self, ada: Person, key: dict[str, str]) -> None:
        account = ada.open()
        path = f"/account/{account['account_id']}/deposit"
        for body in (b'{"amount":5,"memo":"a"}', b'{ "memo": "a",\n "amount": 5 }'):
            headers = key | {"Content-Type": "application/json"}
            assert ada.call("POST", path, content=body, headers=headers).status_code == 201
        assert ada.total(account) == 5

    def test_twenty_at_once_over_two_instances_post_once(
        self, other_instance: World, ada: Person, bob: Person, key: dict[str, str]
    ) -> None:
        source, destination = ada.open(deposit=100), bob.open()
        callers = (ada, replace(ada, world=other_instance))
        start = threading.Barrier(20)

        def ask(number: int) -> httpx.Response:
            start.wait()
            return callers[number % 2].transfer(source, destination, 30, headers=key)

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(ask, range(20)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert (ada.total(source), bob.total(destination)) == (70, 30)

    def test_another_body_or_call_is_refused(self, ada: Person, bob: Person, key: dict[str, str]) -> None:
        source, destination = ada.open(deposit=100), bob.open()
        ada.transfer(source, destination, 1, headers=key)
        conflict = (422, "idempotency_conflict")
        assert problem(ada.transfer(source, destination, 2, headers=key)) == conflict
        assert problem(ada.transfer(source, destination, 1, body={"memo": "x"}, headers=key)) == conflict
        path = f"/account/{source['account_id']}/withdraw"
        assert ada.refused("POST", path, json={"amount": 1}, headers=key) == conflict
        assert ada.total(source) == 99

    def test_two_users_may_use_the_same_key(self, ada: Person, bob: Person, key: dict[str, str]) -> None:
        accounts = [ada.open(deposit=10), bob.open(deposit=10)]
        assert ada.transfer(accounts[0], accounts[1], 1, headers=key).status_code == 201
        assert bob.transfer(accounts[1], accounts[0], 2, headers=key).status_code == 201
        assert (ada.total(accounts[0]), bob.total(accounts[1])) == (11, 9)

    def test_refusals_are_repeated_too(self, ada: Person, bob: Person, key: dict[str, str]) -> None:
        source, destination = ada.open(), bob.open()
        first = ada.transfer(source, destination, 5, headers=key)
        ada.deposit(source, 100)
        second = ada.transfer(source, destination, 5, headers=key)
        assert problem(first) == problem(second) == (409, "insufficient_funds")
        assert ada.total(source) == 100

    def test_several_transfers_are_repeated_as_one(self, ada: Person, bob: Person, key: dict[str, str]) -> None:
        source, destination = ada.open(deposit=100), bob.open()
        transfer = {"from": source["account_id"], "to": destination["account_id"], "amount": 60}
        for mode, status in (("one_by_one", 201), ("all_or_nothing", 409)):
            headers = {"Idempotency-Key": key["Idempotency-Key"] + mode}
            body = {"mode": mode, "transfers": [transfer, transfer]}
            answers = [ada.call("POST", "/account/transfers", json=body, headers=headers) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [status, status]
            assert answers[0].content == answers[1].content
        assert ada.total(source) == 40

    def test_access_is_checked_again(self, ada: Person, bob: Person, key: dict[str, str]) -> None:
        shared, destination = ada.open(deposit=100), bob.open()
        path = f"/account/{shared['account_id']}/owner"
        ada.share(shared, bob)
        assert bob.transfer(shared, destination, 5, headers=key).status_code == 201
        ada.done("DELETE", f"{path}/{bob.user_id}", 204)
        assert problem(bob.transfer(shared, destination, 5, headers=key)) == (404, "not_found")

    def test_what_was_rolled_back_may_be_tried_again(
        self, world: World, ada: Person, bob: Person, key: dict[str, str]
    ) -> None:
        source, destination = ada.open(deposit=100), bob.open()
        world.root.execute("""
            create function public.fail_at_commit() returns trigger language plpgsql as
                $$ begin raise exception 'the disk is full' using errcode = '53100'; end $$;
            create constraint trigger fail_at_commit after insert on accounts.transfer
                deferrable initially deferred for each row execute function public.fail_at_commit()
        """)
        before = world.ledger_hash()
        try:
            assert problem(ada.transfer(source, destination, 60, headers=key)) == (503, "unavailable")
        finally:
            world.root.execute("drop function public.fail_at_commit cascade")
        assert world.ledger_hash() == before
        answers = [ada.transfer(source, destination, 60, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert ada.total(source) == 40

    def test_a_backend_killed_between_claim_and_answer_leaves_nothing(
        self, world: World, other_instance: World, ada: Person, bob: Person, key: dict[str, str]
    ) -> None:
        source, destination = ada.open(deposit=100), bob.open()
        before, answers = world.ledger_hash(), []
        with psycopg.connect(world.databases.superuser_url()) as holder:
            holder.execute("select from accounts.account where id = %s for update", (source["account_id"],))
            claimed = threading.Thread(
                target=lambda: answers.append(ada.transfer(source, destination, 60, headers=key))
            )
            claimed.start()
            world.wait_until_someone_waits()
            repeated = threading.Thread(
                target=lambda: answers.append(
                    replace(ada, world=other_instance).transfer(source, destination, 60, headers=key)
                )
            )
            repeated.start()
            world.wait_until_someone_waits(2)
            # Found first and ended then: one statement could find the repeat too, which waits for the holder as
            # soon as the first is gone.
            claiming = world.value(
                "select pid from pg_stat_activity where pg_blocking_pids(pid) = %s::int[]",
                [holder.info.backend_pid],
            )
            world.value("select pg_terminate_backend(%s)", claiming)
            claimed.join()
            assert problem(answers[0]) == (503, "unavailable")
            assert world.ledger_hash() == before
            world.wait_until_someone_waits()
        repeated.join()
        assert answers[1].status_code == 201
        assert ada.transfer(source, destination, 60, headers=key).content == answers[1].content
        assert (ada.total(source), bob.total(destination)) == (40, 60)

    @pytest.mark.parametrize("value", ["", "x" * 256])
    def test_a_key_has_1_to_255_characters(self, ada: Person, value: str) -> None:
        account: dict[str, Any] = ada.open()
        path = f"/account/{account['account_id']}/deposit"
        refused = ada.refused("POST", path, json={"amount": 5}, headers={"Idempotency-Key": value})
        assert refused == (400, "invalid_request")


class TestForgetting:
    def test_a_week_after_the_answer_and_not_before(
        self, world: World, settings: AccountsSettings, ada: Person
    ) -> None:
        account = ada.open()

        def deposit(key: str, amount: int) -> int:
            path = f"/account/{account['account_id']}/deposit"
            return ada.call("POST", path, json={"amount": amount}, headers={"Idempotency-Key": key}).status_code

        older, younger = uuid4().hex, uuid4().hex
        for key, age in ((older, "7 days 1 second"), (younger, "6 days 23 hours")):
            assert deposit(key, 5) == 201
            world.root.execute(
                "update accounts.request set created_at = clock_timestamp() - cast(%s as interval) where key = %s",
                (age, key),
            )
        handler = LambdaHandler(create_app(settings, key_source))
        assert handler({"task": "forget_requests"}, None) == {"is_done": True}
        assert deposit(younger, 6) == 422
        assert deposit(younger, 5) == 201
        assert ada.total(account) == 10
        assert deposit(older, 6) == 201
        assert ada.total(account) == 16
