"""What the clients were told, and whether the ledger holds exactly that."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import psycopg

from tests.torture.customers import Move

LEDGER = """
    select t.memo, t.id, t.kind, t.source, t.destination, t.amount, t.currency, t.at, t.created_by, e.balance_after
    from accounts.transfer t
    left join accounts.transaction e on e.transfer_id = t.id
        and e.account_id::text = case when t.kind = 'deposit' then t.destination else t.source end
"""


class Discrepancy(Exception):
    """The bank broke its word; the text says how."""


class Posted(msgspec.Struct, frozen=True, gc=False, rename={"source": "from", "destination": "to"}):
    """An acknowledgement as the bank gives it."""

    transfer_id: UUID
    kind: str
    source: str
    destination: str
    amount: int
    currency: str
    memo: str
    time: datetime
    balance_after: int


class PostedItem(Posted, frozen=True, gc=False, tag_field="status", tag="posted"):
    """One of several."""


class RefusedItem(msgspec.Struct, frozen=True, gc=False, tag_field="status", tag="refused"):
    """One of several."""

    code: str


class Evidence:
    """Every answer, by the memo of the movement: an acknowledgement, or a refusal's code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.posted: dict[str, tuple[UUID, Posted]] = {}
        self.refused: dict[str, str] = {}
        self.answered_at: list[float] = []
        self.counts: Counter[str] = Counter()

    @property
    def operations(self) -> int:
        """How many movements have an answer."""
        return len(self.posted) + len(self.refused)

    def count(self, what: str) -> None:
        """Counts what happens besides: lost replies, 503s, repeats."""
        with self._lock:
            self.counts[what] += 1

    def note(self, user_id: UUID, moves: Sequence[Move], outcomes: Sequence[Posted | str], status: int) -> None:
        """Keeps an answer. Raises Discrepancy when it is not one to these movements."""
        if len(moves) != len(outcomes):
            raise Discrepancy(f"{len(moves)} movements were asked for, {len(outcomes)} outcomes came")
        for move, outcome in zip(moves, outcomes, strict=True):
            _check_answer(move, outcome, status)
        with self._lock:
            self.answered_at.append(time.monotonic())
            self.counts["calls"] += 1
            for move, outcome in zip(moves, outcomes, strict=True):
                if isinstance(outcome, str):
                    self.refused[move.memo] = outcome
                else:
                    self.posted[move.memo] = (user_id, outcome)

    def balances(self) -> Counter[str]:
        """What each account must hold, from the acknowledgements alone; outside parties are negative."""
        totals: Counter[str] = Counter()
        for _, posted in self.posted.values():
            totals[posted.source] -= posted.amount
            totals[posted.destination] += posted.amount
        return totals

    def check(self, url: str) -> None:
        """Compares with the ledger at `url`. Raises Discrepancy at the first difference."""
        seen: set[str] = set()
        with psycopg.connect(url) as connection, connection.cursor("ledger") as rows:
            rows.itersize = 20_000
            for memo, *told in rows.execute(LEDGER):
                self._check_row(memo, told)
                if memo in seen:
                    raise Discrepancy(f"{memo} was posted twice")
                seen.add(memo)
            missing = next((memo for memo in self.posted if memo not in seen), None)
            if missing:
                raise Discrepancy(f"{missing} was acknowledged, but is not in the ledger")
            totals = connection.execute("select id::text, total from accounts.account").fetchall()
        expected = self.balances()
        for account_id, total in totals:
            if total != expected[account_id]:
                raise Discrepancy(
                    f"account {account_id} holds {total}; what was acknowledged makes {expected[account_id]}"
                )
        outside = -sum(total for name, total in expected.items() if name.startswith("external:"))
        if sum(total for _, total in totals) != outside:
            raise Discrepancy(f"the accounts hold {sum(total for _, total in totals)}, but {outside} came in")

    def _check_row(self, memo: str, told: Sequence[object]) -> None:
        if memo in self.refused:
            raise Discrepancy(f"{memo} is in the ledger, but was refused ({self.refused[memo]})")
        if memo not in self.posted:
            raise Discrepancy(f"transfer {told[0]} ({memo!r}) is in the ledger, but nobody was told")
        user_id, p = self.posted[memo]
        acknowledged = [p.transfer_id, p.kind, p.source, p.destination, p.amount, p.currency, p.time, user_id]
        if told != [*acknowledged, p.balance_after]:
            raise Discrepancy(f"{memo} was acknowledged as {acknowledged}, the ledger says {told}")


def _check_answer(move: Move, outcome: Posted | str, status: int) -> None:
    if isinstance(outcome, str):
        lacking_money = {"insufficient_funds"} if move.refusal is None else set()
        if outcome not in lacking_money | {move.refusal} | ({"not_posted"} if status == 409 else set()):
            raise Discrepancy(f"{move} was refused as {outcome}")
    elif move.refusal:
        raise Discrepancy(f"{move} was posted")
    elif (outcome.source, outcome.destination, outcome.amount, outcome.memo) != (
        move.source,
        move.destination,
        move.amount,
        move.memo,
    ):
        raise Discrepancy(f"{move} was answered by {outcome}")
