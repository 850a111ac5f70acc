"""A campaign: who calls, how many requests, and what came back."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

from infra.local.secrets import Secrets
from tests.e2e.cast import approved_customer, employee, things_of
from tests.e2e.people import Person
from tests.fuzz.client import Client
from tests.fuzz.mutations import mutate
from tests.fuzz.operations import Operation, Request, choose, read_operations, sensible
from tests.running_bank import RunningBank

NOBODY_SHARE = 0.05
KEPT = 20
# Envoy's answer to a transfer coding that it does not know, as RFC 9112 6.1 wants it.
UNKNOWN_CODING = 501
PROGRESS_S = 0.5

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Plan:
    """How much. Nothing new begins after `seconds`."""

    requests: int
    seconds: float
    seed: int
    clients: int = 4


@dataclass
class Outcome:
    """What came back. `faults` are the first requests that were answered by a 5xx, or not at all."""

    statuses: Counter[int] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    unanswered: int = 0
    took_s: float = 0.0

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self.statuses.total()

    @property
    def server_errors(self) -> int:
        """How many 5xx came back."""
        return sum(count for status, count in self.statuses.items() if is_server_error(status))


class Fuzzer:
    """One client thread: a customer of its own, or a member of staff, and dice of its own."""

    def __init__(
        self, bank: RunningBank, number: int, seed: int, reviewer: Person, operations: Sequence[Operation]
    ):
        self._dice = random.Random(f"{seed}-{number}")
        self._operations = operations
        self._client = Client(bank.gateway)
        self._app_secret = Secrets.read(bank.home / "secrets").shared["app_secret"]
        self._bank, self._reviewer = bank, reviewer
        self._is_staff = number % 4 == 3
        self._begin_anew()

    def one(self, outcome: Outcome, lock: threading.Lock) -> None:
        """Make up a request, send it, note the answer."""
        operation = choose(self._dice, self._operations)
        request = sensible(self._dice, operation, self._things)
        mutate(self._dice, request)
        token = "" if self._dice.random() < NOBODY_SHARE else self._caller.token
        answer = self._client.send(request, token, self._from_anywhere())
        with lock:
            outcome.statuses[answer.status] += 1
            outcome.operations[operation.name] += 1
            if is_server_error(answer.status) or (answer.status == 0 and answer.is_owed):
                outcome.unanswered += answer.status == 0
                outcome.faults.append(f"{answer.status} to {described(request)}")
                del outcome.faults[KEPT:]
        if answer.status == 401 and token and self._caller.call("GET", "/user/me").status_code == 401:
            self._begin_anew()

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def _begin_anew(self) -> None:
        """Become somebody else, for the one before may be deleted; who approves sends nothing that is made up."""
        reviewer = Person(self._bank.gateway, email=self._reviewer.email).sign_in()
        owner = approved_customer(self._bank, reviewer)
        self._caller = employee(self._bank, "staff") if self._is_staff else owner
        things = things_of(owner, Person(self._bank.gateway).sign_up(), is_approved=True)
        self._things = asdict(things) | {
            "from": things.account_id,
            "to": things.other_account_id,
            "email": self._caller.email,
            "current_password": self._caller.password,
        }

    def _from_anywhere(self) -> dict[str, str]:
        # Each from another address: the throttle of one address would hide all that lies behind it.
        address = f"198.51.{self._dice.randrange(256)}.{self._dice.randrange(256)}"
        return {"X-Tidemark-App": self._app_secret, "X-Tidemark-Client": address}


def fuzz(bank: RunningBank, plan: Plan, progress: Progress = lambda _: None) -> Outcome:
    """Sends a running bank so many requests, by several clients at once."""
    operations = read_operations(bank.gateway)
    reviewer = employee(bank, "staff")
    fuzzers = [Fuzzer(bank, number, plan.seed, reviewer, operations) for number in range(plan.clients)]
    outcome, lock = Outcome(), threading.Lock()
    began = time.monotonic()

    def work(fuzzer: Fuzzer, share: int) -> None:
        try:
            for _ in range(share):
                if time.monotonic() - began > plan.seconds:
                    break
                fuzzer.one(outcome, lock)
                progress(outcome.requests)
        finally:
            fuzzer.close()

    with ThreadPoolExecutor(plan.clients) as pool:
        shares = [len(range(number, plan.requests, plan.clients)) for number in range(plan.clients)]
        for working in [pool.submit(work, fuzzer, share) for fuzzer, share in zip(fuzzers, shares, strict=True)]:
            working.result()
    outcome.took_s = time.monotonic() - began
    return outcome


def is_server_error(status: int) -> bool:
    """Whether a service, or what stands before it, failed."""
    return status >= 500 and status != UNKNOWN_CODING


def described(request: Request) -> str:
    """A request for people; without the token."""
    headers = [f"{name}: {value[:80]}" for name, value in request.headers if name != "Authorization"]
    return f"{request.method} {request.path[:200]} {request.query} {headers} {request.body[:300]!r}"
