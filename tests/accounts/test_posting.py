"""The posting function under many hands, straight in SQL with real commits."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.accounts.ledger import Ledger
from tests.cluster import Databases


@pytest.fixture(scope="module")
def ledger(module_databases: Databases) -> Iterator[Ledger]:
    ledger = Ledger(module_databases)
    yield ledger
    ledger.close()


def at_once(ledger: Ledger, clients: int, work: Callable[[psycopg.Connection, int], Any]) -> list[Any]:
    """What `work` gives to each of so many clients that begin together, each with its own connection."""
    start = threading.Barrier(clients)

    def run(number: int) -> Any:
        with ledger.connect() as connection:
            start.wait()
            return work(connection, number)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(run, range(clients)))


class TestConcurrency:
    def test_of_fifty_debits_of_60_from_100_one_succeeds(self, ledger: Ledger) -> None:
        account = ledger.open(100)
        outcomes = at_once(
            ledger, 50, lambda connection, _: ledger.post(connection, [(account, "external:cash", 60)])[0]
        )
        assert Counter(outcome.get("code") for outcome in outcomes) == {None: 1, "insufficient_funds": 49}
        assert ledger.total(account) == 40

    def test_cross_fire_never_deadlocks_and_a_reader_always_sees_the_same_total(self, ledger: Ledger) -> None:
        accounts = [ledger.open(1_000) for _ in range(4)]
        stop = threading.Event()
        seen: set[int] = set()

        def read() -> None:
            with ledger.connect() as connection:
                while not stop.is_set():
                    row = connection.execute(
                        "select sum(total)::bigint from accounts.account where id = any(%s::uuid[])", (accounts,)
                    ).fetchone()
                    assert row is not None
                    seen.add(row[0])

        def fire(connection: psycopg.Connection, number: int) -> int:
            dice = random.Random(number)
            for _ in range(40):
                pairs = [dice.sample(accounts, 2) for _ in range(dice.choice((1, 1, 7)))]
                moves = [(source, destination, dice.randint(1, 300)) for source, destination in pairs]
                ledger.post(connection, moves, mode=dice.choice(("one_by_one", "all_or_nothing")))
            return 40

        reader = threading.Thread(target=read)
        reader.start()
        try:
            assert at_once(ledger, 12, fire) == [40] * 12
        finally:
            stop.set()
            reader.join()
        assert seen == {4_000}
        ledger.assert_books_close()

    def test_a_hot_account_loses_no_update(self, ledger: Ledger) -> None:
        hot = ledger.open()
        payers = [ledger.open(100) for _ in range(64)]
        at_once(
            ledger,
            64,
            lambda connection, number: [ledger.post(connection, [(payers[number], hot, 5)]) for _ in range(10)],
        )
        assert ledger.total(hot) == 64 * 50
        assert ledger.value("select last_sequence from accounts.account where id = %s", hot) == 640
        ledger.assert_books_close()

    def test_twenty_repeats_of_a_key_post_once(self, ledger: Ledger) -> None:
        source, destination = ledger.open(100), ledger.open()
        answers = at_once(
            ledger,
            20,
            lambda connection, _: ledger.post(connection, [(source, destination, 30)] * 2, key="twenty"),
        )
        assert all(answer == answers[0] for answer in answers)
        assert ledger.total(destination) == 60

    @pytest.mark.parametrize("end", ["commit", "rollback"])
    def test_a_repeat_waits_for_the_first_and_goes_on_if_that_fails(self, ledger: Ledger, end: str) -> None:
        source, destination = ledger.open(100), ledger.open()
        moves = [(source, destination, 30)]
        found: list[Any] = []
        with psycopg.connect(ledger.databases.url("accounts_app")) as first, ledger.connect() as second:
            one = ledger.post(first, moves, key=end)
            waiting = threading.Thread(target=lambda: found.append(ledger.post(second, moves, key=end)))
            waiting.start()
            ledger.wait_until_someone_waits()
            getattr(first, end)()
            waiting.join()
        assert (found[0] == one) is (end == "commit")
        assert ledger.total(destination) == 30


class TestTimeOrder:
    def test_time_never_runs_backwards_in_an_account(self, ledger: Ledger) -> None:
        """An account whose last entry is ahead of the clock pulls the next one along."""
        ahead, other = ledger.open(), ledger.open(10)
        ledger.root.execute(
            "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
            " values ('imported', 'external:cash', %s, 5, 'EUR', clock_timestamp() + interval '1 hour')",
            (ahead,),
        )
        with ledger.connect() as connection:
            (single,) = ledger.post(connection, [(ahead, other, 1)])
            several = ledger.post(connection, [(other, ahead, 1), (ahead, other, 1)])
        last = ledger.value("select max(at) from accounts.transaction where account_id = %s", ahead)
        assert {datetime.fromisoformat(outcome["time"]) for outcome in (single, *several)} == {last}
        ledger.assert_books_close()

    def test_the_time_is_taken_after_the_locks(self, ledger: Ledger) -> None:
        account = ledger.open(100)
        move = [(account, "external:cash", 1)]
        found: list[Any] = []
        with psycopg.connect(ledger.databases.url("accounts_app")) as first, ledger.connect() as second:
            ledger.post(first, move)
            waiting = threading.Thread(target=lambda: found.append(ledger.post(second, move)))
            waiting.start()
            ledger.wait_until_someone_waits()
            released_at = ledger.value("select clock_timestamp()")
            first.commit()
            waiting.join()
        assert found[0][0]["time"] > released_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class TestBulkEqualsOneByOne:
    def test_the_same_moves_have_the_same_outcomes(self, ledger: Ledger) -> None:
        dice = random.Random(4)
        for _ in range(10):
            stranger = uuid4()
            twins = []
            for _ in range(2):
                accounts = [
                    ledger.open(total, overdraft_limit=limit) for total, limit in ((50, 0), (0, 30), (9, 0))
                ]
                accounts += [ledger.open(5, owner=stranger), str(uuid4()), "external:cash"]
                twins.append(accounts)
            moves = [(dice.randrange(6), dice.randrange(6), dice.randint(0, 40)) for _ in range(40)]
            named = [[(accounts[s], accounts[d], amount) for s, d, amount in moves] for accounts in twins]
            with ledger.connect() as connection:
                together = ledger.post(connection, named[0])
                alone = [ledger.post(connection, [move])[0] for move in named[1]]
            for left, right in zip(together, alone, strict=True):
                assert [left.get(name) for name in ("status", "code", "kind", "amount", "balance_after")] == [
                    right.get(name) for name in ("status", "code", "kind", "amount", "balance_after")
                ]
            assert [ledger.total(a) for a in twins[0][:4]] == [ledger.total(a) for a in twins[1][:4]]
        ledger.assert_books_close()
