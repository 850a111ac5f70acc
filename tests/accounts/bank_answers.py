"""What the service answers, next to what the model says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.accounts.bank_model import ModelAccount, ModelOutcome, Wish
from tests.accounts.world import Person, problem


@dataclass(frozen=True)
class Asked:
    """A call under a key, its answer, and what the model said to it."""

    person: Person
    path: str
    body: dict[str, Any]
    key: str
    answer: httpx.Response
    outcomes: Sequence[ModelOutcome]


def body_of(wish: Wish) -> dict[str, Any]:
    """The JSON that asks for it."""
    return {"from": wish.source, "to": wish.destination, "amount": wish.amount, "memo": wish.memo}


def assert_moved(answer: httpx.Response, outcome: ModelOutcome) -> None:
    """The answer to a single movement."""
    if outcome.transfer:
        assert answer.status_code == 201, (answer.text, outcome)
        assert_posted(answer.json(), outcome)
    else:
        assert problem(answer) == (404 if outcome.code == "not_found" else 409, outcome.code)


def assert_posted(told: dict[str, Any], outcome: ModelOutcome) -> None:
    """A posted movement, alone or one of several."""
    transfer = outcome.transfer
    assert transfer is not None
    names = ("kind", "from", "to", "amount", "currency", "memo", "balance_after")
    assert [told[name] for name in names] == [
        *(transfer.kind, transfer.source, transfer.destination, transfer.amount, transfer.currency),
        *(transfer.memo, outcome.balance_after),
    ]


def assert_change(answer: httpx.Response, status: int, code: str) -> None:
    """The answer to a change of an account: `status` when the model did it too."""
    if code == "done":
        assert answer.status_code == status, (answer.status_code, answer.text)
    else:
        assert problem(answer) == (404 if code == "not_found" else 409, code)


def told_line(item: dict[str, Any]) -> tuple[Any, ...]:
    """A line of a statement as the service tells it, comparable."""
    return tuple(item[name] for name in ("sequence", "from", "to", "amount", "balance_after", "memo"))


def expected_lines(account: ModelAccount) -> list[tuple[Any, ...]]:
    """The statement, newest first, in the same form."""
    return [
        (
            number,
            line.transfer.source,
            line.transfer.destination,
            line.amount,
            line.balance_after,
            line.transfer.memo,
        )
        for number, line in enumerate(account.lines, start=1)
    ][::-1]
