"""A client as it should be: each call has a key, and is repeated until it has an answer."""

import http.client
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from tests.torture.customers import Customer, Imagination, Move
from tests.torture.evidence import Discrepancy, Evidence, Posted, PostedItem, RefusedItem

ANSWER_WITHIN_S = 120.0
REPLY_WITHIN_S = 40.0
FIRST_PAUSE_S = 0.02
PAUSE_MAX_S = 0.5
TOKEN_GOOD_FOR_S = 10.0
FINAL = {201, 404, 409}
AGAIN = {0, 503, 504}
BULK_SHARE = 0.03
REPEAT_SHARE = 0.02

Answer = tuple[int, bytes]


class Items(msgspec.Struct):
    items: list[PostedItem | RefusedItem]


class Refusal(msgspec.Struct):
    code: str


class Quota:
    """How many operations may begin, and when: none after `seconds` or once it is stopped."""

    def __init__(self, operations: int, seconds: float) -> None:
        self._operations = operations
        self._taken = 0
        self._released = 0.0
        self._until = time.monotonic() + seconds
        self._is_stopped = False
        self._changed = threading.Condition()

    def release(self, up_to: float) -> None:
        """Let so many in all begin."""
        with self._changed:
            self._released = up_to
            self._changed.notify_all()

    def stop(self) -> None:
        """Let no more begin."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def take(self, wanted: int) -> int:
        """As many of the wanted ones as are left; waits until some are released."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_stopped or self._taken < self._released or self._taken == self._operations,
                max(self._until - time.monotonic(), 0),
            )
            if self._is_stopped or time.monotonic() > self._until:
                return 0
            taken = min(wanted, self._operations - self._taken)
            self._taken += taken
            return taken


@dataclass(frozen=True)
class Call:
    """A request that moves money."""

    path: str
    body: bytes
    key: str


class Client:
    """One of a customer's programs, with a connection of its own."""

    def __init__(
        self, customer: Customer, imagination: Imagination, name: str, evidence: Evidence, largest_bulk: int
    ) -> None:
        self._customer = customer
        self._imagination = imagination
        self._name = name
        self._evidence = evidence
        self._largest_bulk = largest_bulk
        self._dice = random.Random(name)
        self._address = customer.person.gateway.removeprefix("http://")
        self._connection = http.client.HTTPConnection(self._address, timeout=REPLY_WITHIN_S)
        self._token = customer.person.token
        self._token_from = time.monotonic()
        self._calls = 0
        self._kept: list[tuple[Call, Answer]] = []

    def work(self, quota: Quota) -> None:
        """Until the quota is used up. Raises Discrepancy; then nobody goes on."""
        try:
            for move in self._imagination.first_deposits():
                if quota.take(1):
                    self._one(move)
            while taken := quota.take(self._size()):
                if taken == 1:
                    self._one(self._imagination.single())
                elif self._dice.random() < 0.9:
                    self._many("one_by_one", [self._imagination.transfer() for _ in range(taken)])
                else:
                    # One that must be refused in so many, so that some calls are posted and others are not.
                    impossible = 1 / self._largest_bulk
                    moves = [self._imagination.transfer(impossible) for _ in range(taken)]
                    self._many("all_or_nothing", moves)
        except BaseException:
            quota.stop()
            raise
        finally:
            self._connection.close()

    def repeat_kept(self) -> None:
        """Asks again what was answered long ago. Raises Discrepancy unless each answer is the same."""
        for call, answer in self._kept:
            self._repeat(call, answer)
        self._connection.close()

    def _size(self) -> int:
        if self._dice.random() >= BULK_SHARE:
            return 1
        return self._dice.randint(2, self._largest_bulk)

    def _one(self, move: Move) -> None:
        fields: dict[str, object] = {"amount": move.amount, "memo": move.memo}
        if move.source.startswith("external:"):
            path = f"/account/{move.destination}/deposit"
            fields["source"] = move.source
        elif move.destination.startswith("external:"):
            path = f"/account/{move.source}/withdraw"
            fields["destination"] = move.destination
        else:
            path = "/account/transfer"
            fields |= {"from": move.source, "to": move.to}
        status, content = self._settle(path, fields)
        outcome: Posted | str
        if status == 201:
            outcome = msgspec.json.decode(content, type=Posted)
        else:
            outcome = msgspec.json.decode(content, type=Refusal).code
        self._evidence.note(UUID(self._customer.person.user_id), [move], [outcome], status)

    def _many(self, mode: str, moves: Sequence[Move]) -> None:
        transfers = [{"from": m.source, "to": m.to, "amount": m.amount, "memo": m.memo} for m in moves]
        status, content = self._settle("/account/transfers", {"mode": mode, "transfers": transfers})
        items = msgspec.json.decode(content, type=Items).items
        if status == 409 and any(isinstance(item, PostedItem) for item in items):
            raise Discrepancy("of an all-or-nothing call that was refused, something was posted")
        outcomes = [item.code if isinstance(item, RefusedItem) else item for item in items]
        self._evidence.note(UUID(self._customer.person.user_id), moves, outcomes, status)

    def _settle(self, path: str, fields: dict[str, object]) -> Answer:
        self._calls += 1
        call = Call(path, msgspec.json.encode(fields), f"{self._name}-{self._calls}")
        answer = self._until_answered(call)
        if self._dice.random() < REPEAT_SHARE:
            self._repeat(call, answer)
            self._kept = [*self._kept[-19:], (call, answer)]
        return answer

    def _repeat(self, call: Call, answer: Answer) -> None:
        self._evidence.count("repeats")
        if (again := self._until_answered(call)) != answer:
            raise Discrepancy(f"{call.key} was answered {answer!r:.500} at first, then {again!r:.500}")

    def _until_answered(self, call: Call) -> Answer:
        deadline = time.monotonic() + ANSWER_WITHIN_S
        pause = FIRST_PAUSE_S
        while True:
            if time.monotonic() - self._token_from > TOKEN_GOOD_FOR_S:
                self._renew_token()
            status, content = self._send(call.path, call.body, call.key)
            if status in FINAL:
                return status, content
            if status not in AGAIN:
                raise Discrepancy(f"{call.path} was answered {status} {content!r:.500}")
            self._evidence.count("replies lost" if status == 0 else "503 and 504")
            if time.monotonic() > deadline:
                raise Discrepancy(f"{call.key} had no answer within {ANSWER_WITHIN_S:.0f} s")
            time.sleep(pause * self._dice.uniform(0.5, 1))
            pause = min(pause * 2, PAUSE_MAX_S)

    def _renew_token(self) -> None:
        status, content = self._send("/user/refresh", b"", "")
        if status == 200:
            self._token = msgspec.json.decode(content)["access_token"]
            self._token_from = time.monotonic()
        elif status not in AGAIN:
            raise Discrepancy(f"a new token was refused: {status} {content!r:.500}")

    def _send(self, path: str, body: bytes, key: str) -> Answer:
        """One attempt; status 0 when the connection breaks before the reply is complete."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            self._connection.request("POST", path, body, headers)
            reply = self._connection.getresponse()
            return reply.status, reply.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, b""
