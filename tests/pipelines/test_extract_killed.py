"""An extract that is killed after any of its statements: the next one is right."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from pipelines import database
from pipelines.extract.service import reload
from tests.pipelines.conftest import Bank

pytestmark = pytest.mark.slow


class Killed(BaseException):
    """Ends an extract wherever it is."""


@pytest.fixture
def kill_after(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Counts the statements of both connections and ends the extract after the `allowed`-th."""
    state = {"allowed": 10**9, "used": 0}

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, *args: Any, **options: Any) -> Any:
            result = super().execute(*args, **options)
            count()
            return result

        def copy(self, *args: Any, **options: Any) -> Any:
            count()
            return super().copy(*args, **options)

    def count() -> None:
        state["used"] += 1
        if state["used"] > state["allowed"]:
            raise Killed

    genuine = database.connect

    def connect(url: str) -> Any:
        connection = genuine(url)
        connection.cursor_factory = Cursor
        return connection

    monkeypatch.setattr(database, "connect", connect)
    yield state
    state["allowed"] = 10**9


class TestKilled:
    def test_after_every_statement(self, bank: Bank, kill_after: dict[str, int]) -> None:
        one, two = bank.ledger.open_account(), bank.ledger.open_account()
        bank.ledger.deposit(one, 10_000)
        bank.extract()
        # The first extract does more than those after it, and an empty one less.
        bank.ledger.transfer(one, two, 1)
        kill_after.update(used=0)
        bank.extract()
        statements = kill_after["used"]
        assert statements > 15

        for allowed in range(statements):
            bank.ledger.transfer(one, two, 1 + allowed)
            before = bank.raw_transactions()
            kill_after.update(allowed=allowed, used=0)
            with pytest.raises(Killed):
                bank.extract()
            kill_after["allowed"] = 10**9
            # Only the pruning of receipts comes after the warehouse's commit.
            assert bank.raw_transactions() in (before, bank.ledger.transactions())
            bank.extract()
            bank.assert_raw_equals_ledger()

    def test_reload_leaves_the_old_copy(self, bank: Bank, kill_after: dict[str, int]) -> None:
        bank.ledger.deposit(bank.ledger.open_account(), 10)
        bank.extract()
        kill_after.update(used=0)
        reload(bank.source_url, bank.warehouse_url)
        statements = kill_after["used"]

        for allowed in range(statements - 1):
            kill_after.update(allowed=allowed, used=0)
            with pytest.raises(Killed):
                reload(bank.source_url, bank.warehouse_url)
            kill_after["allowed"] = 10**9
            bank.assert_raw_equals_ledger()
        bank.extract()
        bank.assert_raw_equals_ledger()
