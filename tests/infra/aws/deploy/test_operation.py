"""What operators see and do by `tidemark cloud`, with functions that remember what they were asked."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from infra.aws.deploy.functions import DeadLetter, Functions
from infra.cli import main
from infra.local.errors import LocalError
from tests.infra.aws.deploy.conftest import Account

SHOWN = {
    "service": "users",
    "demand": {"in_flight": 1.5, "refused": 0, "latency_s": 0.02},
    "before": 1,
    "instances": 3,
    "floor": 1,
    "ceiling": 40,
    "pinned": None,
    "reason": "It is busy",
    "instance_hours": 100.0,
}
CHANGE = {"at": 1_795_910_400.0, "service": "users", "before": 1, "after": 3, "reason": "It is busy"}


class Asked:
    """In place of the functions."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.letters: list[DeadLetter] = []
        self.done: list[tuple[str, ...]] = []

    def call(self, _: Functions, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        assert function == "bank-scaler"
        if event.get("instances") == "many":
            raise LocalError('bank-scaler: "instances" of users must be a number from 1 to 40, or "auto".')
        self.events.append(event)
        return {"services": {"users": dict(SHOWN)}}

    def changes(self, _: Functions, parameter: str) -> list[dict[str, Any]]:
        assert parameter == "/bank/scaler"
        return [CHANGE]

    def dead_letters(self, _: Functions, queue: str) -> list[DeadLetter]:
        assert queue == "https://queue.example/bank"
        return self.letters

    def replay(self, _: Functions, function: str, queue: str, letter: DeadLetter) -> None:
        self.done.append(("replay", function, letter.receipt))

    def forget(self, _: Functions, queue: str, letter: DeadLetter) -> None:
        self.done.append(("forget", letter.receipt))


@pytest.fixture
def asked(account: Account, monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    for name in ("call", "changes", "dead_letters", "replay", "forget"):
        method = getattr(asked, name)
        monkeypatch.setattr(Functions, name, lambda *arguments, method=method: method(*arguments))
    return asked


class TestScale:
    ARGUMENTS = ("cloud", "scale", "--environment", "dev")

    def test_demand_decision_history_and_cost_are_shown(self, asked: Asked) -> None:
        done = CliRunner().invoke(main, self.ARGUMENTS)
        assert (done.exit_code, asked.events) == (0, [{}])
        for text in ("users", "1–40", "1.5", "0.020 s", "100.00", "It is busy", "1 → 3", "2.40 USD"):
            assert text in done.stdout, done.stdout

    def test_the_same_for_programs(self, asked: Asked) -> None:
        told = json.loads(CliRunner().invoke(main, [*self.ARGUMENTS, "--json"]).stdout)
        assert told["services"]["users"] == SHOWN | {"cost_usd": 2.4}
        assert told["changes"] == [CHANGE]

    @pytest.mark.parametrize(("text", "sent"), [("3", 3), ("auto", "auto")])
    def test_a_person_pins_and_unpins(self, asked: Asked, text: str, sent: int | str) -> None:
        assert CliRunner().invoke(main, [*self.ARGUMENTS, "users", text]).exit_code == 0
        assert asked.events == [{"service": "users", "instances": sent}]

    def test_what_the_scaler_refuses_is_one_line(self, asked: Asked) -> None:
        done = CliRunner().invoke(main, [*self.ARGUMENTS, "users", "many"])
        assert done.exit_code == 1
        assert "must be a number from 1 to 40" in done.stderr

    def test_a_number_is_missing(self, asked: Asked) -> None:
        done = CliRunner().invoke(main, [*self.ARGUMENTS, "users"])
        assert (done.exit_code, asked.events) == (2, [])


class TestDeadLetters:
    ARGUMENTS = ("cloud", "dead-letters", "--environment", "dev")

    def fill(self, asked: Asked) -> None:
        at = datetime(2026, 11, 28, 0, 3, tzinfo=UTC)
        asked.letters = [
            DeadLetter({"scheduled_at": "2026-11-28T00:00:00Z"}, at, "Dagster is away", "first"),
            DeadLetter({"task": "forget_ended"}, at, "Timed out", "second"),
            DeadLetter("{cut o", at, "not said", "third"),
        ]

    def test_they_are_shown_and_stay(self, asked: Asked) -> None:
        self.fill(asked)
        done = CliRunner().invoke(main, self.ARGUMENTS)
        assert (done.exit_code, asked.done) == (0, [])
        assert done.stdout.splitlines() == [
            '2026-11-28T00:03:00+00:00  {"scheduled_at": "2026-11-28T00:00:00Z"}  Dagster is away',
            '2026-11-28T00:03:00+00:00  {"task": "forget_ended"}  Timed out',
            '2026-11-28T00:03:00+00:00  "{cut o"  not said',
        ]

    def test_a_close_is_sent_again_and_what_comes_by_itself_is_taken_out(self, asked: Asked) -> None:
        self.fill(asked)
        done = CliRunner().invoke(main, [*self.ARGUMENTS, "--replay"])
        assert done.exit_code == 0
        assert done.stdout.splitlines()[-1] == "  left: nobody knows what it is for"
        assert asked.done == [("replay", "bank-kickoff", "first"), ("forget", "second")]

    def test_there_are_none(self, asked: Asked) -> None:
        done = CliRunner().invoke(main, self.ARGUMENTS)
        assert (done.exit_code, done.stdout) == (0, "")
        assert "no dead letters" in done.stderr
