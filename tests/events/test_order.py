"""Nothing is left out or comes twice, and an account's events come in its own order, whoever writes meanwhile."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.events.world import CASH, EventsWorld, sequences, types

pytestmark = pytest.mark.slow


def begun(world: EventsWorld) -> psycopg.Connection:
    """A transaction that has its id, and has written nothing yet."""
    connection = psycopg.connect(world.ledger.databases.url("accounts_app"))
    connection.execute("select pg_current_xact_id()")
    return connection


class TestLateCommits:
    def test_what_commits_late_comes_later(self, world: EventsWorld) -> None:
        person, late, feed = world.customer()
        early = world.ledger.open(owner=person.user_id)
        feed.read()
        with begun(world) as connection:
            world.ledger.post(connection, [(CASH, late, 1)], user_id=person.user_id)
            world.deposit(person, early)
            assert [event["subject"] for event in feed.read()] == [early]
            assert feed.read() == []
        assert [event["subject"] for event in feed.read()] == [late]
        assert feed.read() == []

    @pytest.mark.parametrize("limit", [1, 100])
    def test_an_earlier_transaction_may_post_after_a_later_one(self, world: EventsWorld, limit: int) -> None:
        person, account_id, feed = world.customer()
        with begun(world) as oldest, begun(world) as older:
            world.deposit(person, account_id)
            assert sequences(feed.read(limit=limit), account_id) == [1]
            world.ledger.post(older, [(CASH, account_id, 1)], user_id=person.user_id)
            older.commit()
            world.deposit(person, account_id)
            assert sequences(feed.read(limit=limit), account_id) == [2, 3]
            world.ledger.post(oldest, [(CASH, account_id, 1)], user_id=person.user_id)
        assert sequences(feed.read(limit=limit), account_id) == [4]
        assert sequences(world.feed(person).read(limit=limit), account_id) == [1, 2, 3, 4]

    def test_what_comes_while_pages_are_read_is_in_the_next_batch(self, world: EventsWorld) -> None:
        person, account_id, feed = world.customer()
        world.deposit(person, account_id)
        world.deposit(person, account_id)
        first = feed.page(limit=1).json()
        assert (first["has_more"], sequences(first["items"], account_id)) == (True, [1])
        feed.cursor = first["next_cursor"]
        world.deposit(person, account_id)
        assert sequences(feed.read(limit=1), account_id) == [2]
        assert sequences(feed.read(limit=1), account_id) == [3]

    def test_a_page_that_is_asked_for_twice_is_the_same(self, world: EventsWorld) -> None:
        person, account_id, feed = world.customer()
        for _ in range(3):
            world.deposit(person, account_id)
        feed.cursor = feed.page(limit=1).json()["next_cursor"]
        again = [feed.page(limit=1).json()["items"]]
        world.deposit(person, account_id)
        again.append(feed.page(limit=1).json()["items"])
        assert again[0] == again[1]


class TestManyWriters:
    def test_each_event_comes_once_and_in_order(self, world: EventsWorld) -> None:
        person, first, feed = world.customer()
        accounts = [first, world.ledger.open(owner=person.user_id), world.ledger.open(owner=person.user_id)]
        start = threading.Barrier(4)

        def write(seed: int) -> None:
            chosen = random.Random(seed)
            with world.ledger.connect() as connection:
                start.wait(60)
                for number in range(20):
                    moves = [(CASH, chosen.choice(accounts), 9)] * chosen.choice([1, 1, 3])
                    key = f"{seed} {number}" if chosen.random() < 0.5 else None
                    world.ledger.post(connection, moves, key=key, user_id=person.user_id)

        seen = []
        with ThreadPoolExecutor(3) as pool:
            writing = [pool.submit(write, seed) for seed in range(3)]
            start.wait(60)
            while not all(future.done() for future in writing):
                seen += feed.read(limit=7)
            for future in writing:
                future.result()
        seen += feed.read(limit=7)
        assert max(Counter(event["id"] for event in seen).values()) == 1
        for account_id in accounts:
            last = world.ledger.value("select last_sequence from accounts.account where id = %s", account_id)
            assert sequences(seen, account_id) == list(range(1, last + 1))


class TestClocks:
    @pytest.mark.parametrize("limit", [1, 100])
    def test_a_clock_that_is_set_back_changes_no_order(self, world: EventsWorld, limit: int) -> None:
        person, account_id, feed = world.customer()
        friend = world.people.person()
        try:
            world.ledger.set_clock("1 day")
            assert world.call("add_owner", account_id, friend.user_id) == "done"
            world.ledger.set_clock("-1 day")
            world.deposit(person, account_id)
            assert world.call("remove_owner", person.user_id, account_id, friend.user_id) == "done"
            world.deposit(person, account_id)
        finally:
            world.ledger.set_clock("0 s")
        wanted = ["owner.added", "transfer.posted", "owner.removed", "transfer.posted"]
        assert types(feed.read(limit=limit)) == wanted
