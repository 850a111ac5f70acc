"""Instances come and go under load: every deposit is answered, and is in the ledger once."""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from infra.local.bank import Bank
from tests.e2e.cast import approved_customer, employee
from tests.e2e.people import NO_CERTIFICATES, Person
from tests.running_bank import RunningBank, running_bank

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MANY = 24
TRIES_MAX = 100
KILL = "an instance is killed"


@pytest.fixture(scope="module")
def scaling_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    """A bank whose accounts service has two instances, and more when it is asked for more."""
    home = tmp_path_factory.mktemp("scaling") / "bank"
    options = ("--no-ui", "--no-pipeline", "--autoscale")
    with running_bank(home, *options, TIDEMARK_SCALE_OUT_AFTER_S="1", TIDEMARK_SCALE_IN_AFTER_S="4") as bank:
        yield bank


@dataclass
class Load:
    """Customers who deposit without a pause, each amount once, with a key that a second try repeats.

    `answered` are the amounts that were; `failures` (phase, what came) of the tries that were repeated;
    `latencies_s` by phase.
    """

    person: Person
    account_id: str
    phase: str = "begin"
    answered: list[int] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    latencies_s: dict[str, list[float]] = field(default_factory=dict)
    wanted: int = 0
    _amounts: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _threads: list[threading.Thread] = field(default_factory=list)

    def clients(self, count: int) -> None:
        """So many from now on; those that go finish what they are at."""
        self.wanted = count
        for number in range(len(self._threads), count):
            self._threads.append(threading.Thread(target=self._run, args=(number,), daemon=True))
            self._threads[-1].start()
        for thread in self._threads[count:]:
            thread.join(60)
            assert not thread.is_alive()
        del self._threads[count:]

    def _run(self, number: int) -> None:
        with httpx.Client(base_url=self.person.gateway, timeout=40, verify=NO_CERTIFICATES) as client:
            while number < self.wanted:
                self._deposit(client, next(self._amounts))

    def _deposit(self, client: httpx.Client, amount: int) -> None:
        headers = {"Authorization": f"Bearer {self.person.token}", "Idempotency-Key": str(uuid4())}
        body = {"amount": amount, "source": "external:cash"}
        for _ in range(TRIES_MAX):
            phase, began = self.phase, time.monotonic()
            try:
                answer = client.post(f"/account/{self.account_id}/deposit", json=body, headers=headers)
                outcome = str(answer.status_code)
            except httpx.TransportError as error:
                outcome = type(error).__name__
            self.latencies_s.setdefault(phase, []).append(time.monotonic() - began)
            if outcome == "201":
                self.answered.append(amount)
                return
            self.failures.append((phase, outcome))
            time.sleep(0.1)


def wait_for(condition: Callable[[], bool], timeout_s: float = 90) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def accounts(bank: RunningBank) -> int:
    return sum(part["name"].startswith("accounts-") for part in bank.status()["parts"])


def ledger_amounts(bank: RunningBank, account_id: str) -> list[int]:
    url = Bank.running(bank.home).database_url("accounts_owner")
    with psycopg.connect(url) as connection:
        rows = connection.execute("select amount from accounts.transaction where account_id = %s", (account_id,))
        return sorted(row[0] for row in rows)


def kill_an_instance(bank: RunningBank) -> None:
    pid = bank.pid("accounts-2")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: bank.pid("accounts-2") not in (pid, None) and bank.status()["is_healthy"])


class TestScaling:
    def test_no_request_is_lost_and_none_answered_twice(
        self, scaling_bank: RunningBank, record_property: Callable[[str, Any], None]
    ) -> None:
        bank = scaling_bank
        person = approved_customer(bank, employee(bank, "staff"))
        load = Load(person, person.open_account()["account_id"])
        load.phase = "more come"
        load.clients(MANY)
        wait_for(lambda: accounts(bank) > 2)
        load.phase = KILL
        kill_an_instance(bank)
        load.phase = "fewer are asked for"
        load.clients(2)
        wait_for(lambda: accounts(bank) == 2)
        load.phase = "a person says one"
        load.clients(8)
        bank.tidemark("scale", "accounts", "1")
        assert accounts(bank) == 1
        load.clients(0)

        for phase, seconds in load.latencies_s.items():
            p99_ms = 1000 * sorted(seconds)[int(0.99 * len(seconds))]
            print(f"{phase}: {len(seconds)} requests, p99 {p99_ms:.0f} ms")
            record_property(f"p99_ms {phase}", round(p99_ms))
        # What was at work in the killed process can't be answered by it: the client is told, and asks again.
        assert {phase for phase, _ in load.failures} <= {KILL}, load.failures
        assert {outcome for _, outcome in load.failures} <= {"503"}
        assert sorted(load.answered) == ledger_amounts(bank, load.account_id)
        assert len(set(load.answered)) == len(load.answered) == max(load.answered)

    def test_says_what_was_done_and_why(self, scaling_bank: RunningBank) -> None:
        shown = scaling_bank.tidemark("scale").stdout
        for text in ("accounts", "2 → ", "requests are in flight", "pinned it to 1", "hours"):
            assert text in shown
        refused = scaling_bank.tidemark("scale", "accounts", "11", check=False)
        assert (refused.returncode, refused.stderr) == (
            1,
            "Error: A service has 1 to 10 instances on one machine.\n",
        )

    def test_a_pinned_number_outlives_a_restart(self, scaling_bank: RunningBank) -> None:
        scaling_bank.stop()
        scaling_bank.start()
        wait_for(lambda: accounts(scaling_bank) == 1)
        scaling_bank.tidemark("scale", "accounts", "auto")
        wait_for(lambda: accounts(scaling_bank) == 2)
