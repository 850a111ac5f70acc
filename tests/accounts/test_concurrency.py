"""Two processes of the service, many hands: money is neither lost nor made, at any moment."""

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from api.accounts.settings import AccountsSettings
from infra.local.ports import free_port
from tests.accounts.users_double import UsersDouble
from tests.accounts.world import ISSUER, Person, World, key_source
from tests.cluster import REPOSITORY

pytestmark = pytest.mark.slow

READY_WITHIN_S = 60
Body = dict[str, Any]
Told = tuple[int, bytes]


class Service:
    """One process of the accounts service."""

    def __init__(self, settings: AccountsSettings) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"),
                *("--port", str(port), "--log-level", "warning", "--factory", "api.accounts.app:create_app"),
            ],
            stdout=subprocess.DEVNULL,
            cwd=REPOSITORY,
            env={
                "PATH": os.environ["PATH"],
                "TIDEMARK_DATABASE_URL": settings.database_url,
                "TIDEMARK_GATEWAY_URL": settings.gateway_url,
                "TIDEMARK_ISSUER": ISSUER,
            },
        )

    def wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while self.process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/account/health").status_code == 200:
                    return
            assert time.monotonic() < deadline
            time.sleep(0.05)
        raise AssertionError("the service ended")

    def post(self, person: Person, path: str, body: Body, key: str) -> Told:
        """Status and content of a call. On a machine too busy to answer in time (503) it is asked again."""
        headers = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": key}
        with httpx.Client(verify=False, timeout=30) as client:  # noqa: S501 - there is no TLS; it would cost time
            while True:
                answer = client.post(self.url + path, json=body, headers=headers)
                if answer.status_code != 503:
                    return answer.status_code, answer.content


@pytest.fixture(scope="module")
def services(world: World, users: UsersDouble, settings: AccountsSettings) -> Iterator[list[Service]]:
    """Two, which have caused no deadlock when they have ended (a process tells its last figures when it ends)."""
    users.keys = asyncio.run(key_source())
    services = [Service(settings) for _ in range(2)]
    try:
        for service in services:
            service.wait_ready()
        yield services
    finally:
        for service in services:
            service.process.terminate()
        for service in services:
            service.process.wait()
    query = "select deadlocks from pg_stat_database where datname = current_database()"
    assert world.value(query) == 0


def at_once(clients: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work` gives to each of so many clients that begin together."""
    start = threading.Barrier(clients)

    def run(number: int) -> Any:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(run, range(clients)))


@contextlib.contextmanager
def constant_total(world: World) -> Iterator[None]:
    """While this lasts, a reader sums all balances of the bank, in one query, and must always see the same."""
    stop = threading.Event()
    seen: Counter[int] = Counter()

    def read() -> None:
        with psycopg.connect(world.databases.superuser_url(), autocommit=True) as connection:
            while not stop.is_set():
                for (total,) in connection.execute("select sum(total)::bigint from accounts.account"):
                    seen[total] += 1

    before = world.value("select sum(total)::bigint from accounts.account")
    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        stop.set()
        reader.join()
    assert set(seen) == {before}
    assert seen.total() > 10


def transfer(source: Body, destination: Body, amount: int) -> Body:
    return {"from": source["account_id"], "to": destination["account_id"], "amount": amount}


class TestTwoProcesses:
    def test_of_fifty_debits_of_60_from_100_one_succeeds(self, services: Sequence[Service], ada: Person) -> None:
        account = ada.open(deposit=100)
        path, body = f"/account/{account['account_id']}/withdraw", {"amount": 60}
        told = at_once(50, lambda number: services[number % 2].post(ada, path, body, f"fifty-{number}"))
        assert Counter(status for status, _ in told) == {201: 1, 409: 49}
        assert all(b'"insufficient_funds"' in content for status, content in told if status == 409)
        assert ada.total(account) == 40

    def test_cross_fire_with_repeats(self, world: World, services: Sequence[Service], ada: Person) -> None:
        accounts = [ada.open(deposit=1_000) for _ in range(3)]

        def fire(number: int) -> Counter[int]:
            dice, statuses = random.Random(number), Counter[int]()
            for shot in range(12):
                pairs = [dice.sample(accounts, 2) for _ in range(dice.choice((1, 1, 5)))]
                transfers = [transfer(source, destination, dice.randint(1, 400)) for source, destination in pairs]
                path, body = "/account/transfer", transfers[0]
                if len(transfers) > 1:
                    mode = dice.choice(("one_by_one", "all_or_nothing"))
                    path, body = "/account/transfers", {"mode": mode, "transfers": transfers}
                # Two clients share each key: the second gets the answer of the first, from the other process.
                told = [service.post(ada, path, body, f"fire-{number}-{shot}") for service in services]
                assert told[0] == told[1]
                statuses[told[0][0]] += 1
            return statuses

        with constant_total(world):
            statuses = sum(at_once(16, fire), Counter[int]())
        assert set(statuses) == {201, 409}
        assert statuses.total() == 16 * 12
        assert sum(ada.total(account) for account in accounts) == 3_000

    def test_a_repeat_races_its_first(self, services: Sequence[Service], ada: Person) -> None:
        source, destination = ada.open(deposit=100), ada.open()
        body = transfer(source, destination, 30)
        told = at_once(20, lambda number: services[number % 2].post(ada, "/account/transfer", body, "race"))
        assert len(set(told)) == 1
        assert (ada.total(source), ada.total(destination)) == (70, 30)

    def test_a_hot_account_loses_no_update(
        self, world: World, services: Sequence[Service], ada: Person, bob: Person
    ) -> None:
        hot = bob.open()
        payers = [ada.open(deposit=1_000) for _ in range(16)]

        def pay(number: int) -> list[int]:
            body = transfer(payers[number % 16], hot, 5)
            return [
                services[(number + i) % 2].post(ada, "/account/transfer", body, f"hot-{number}-{i}")[0]
                for i in range(5)
            ]

        with constant_total(world):
            assert at_once(64, pay) == [[201] * 5] * 64
        assert bob.total(hot) == 64 * 5 * 5
        query = "select last_sequence from accounts.account where id = %s"
        assert world.value(query, hot["account_id"]) == 64 * 5

    def test_calls_with_many_movements_wait_for_those_of_their_own_user_alone(
        self, world: World, services: Sequence[Service], ada: Person, bob: Person
    ) -> None:
        held, free, bobs = ada.open(deposit=10), ada.open(deposit=10), bob.open(deposit=10)
        destination = bob.open()

        def post(person: Person, source: Body, key: str) -> Told:
            body = {"mode": "one_by_one", "transfers": [transfer(source, destination, 1)] * 2}
            return services[0].post(person, "/account/transfers", body, key)

        with ThreadPoolExecutor(2) as pool, psycopg.connect(world.databases.superuser_url()) as holder:
            holder.execute("select from accounts.account where id = %s for update", (held["account_id"],))
            waiting = [pool.submit(post, ada, held, "waits-for-the-account")]
            world.wait_until_someone_waits()
            waiting.append(pool.submit(post, ada, free, "waits-for-its-turn"))
            world.wait_until_someone_waits(2)
            assert post(bob, bobs, "waits-for-nobody")[0] == 201
            holder.rollback()
            assert [told.result()[0] for told in waiting] == [201, 201]
        assert (ada.total(held), ada.total(free), bob.total(destination)) == (8, 8, 6)
