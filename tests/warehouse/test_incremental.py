"""The edges of building batch by batch."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Account, Transaction
from tests.warehouse.dbt import Dbt
from tests.warehouse.marts import MARTS, rows, snapshot
from tests.warehouse.raw import balances_after, write_batch

pytestmark = pytest.mark.slow

MARTS_ONLY = ("--select", "path:models/marts", "--exclude", "metric_catalog")
FIRST, SECOND = UUID(int=1), UUID(int=2)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=UTC)


def move(account_id: UUID, sequence: int, moment: datetime, amount: int) -> Transaction:
    return Transaction(account_id, sequence, moment, amount, "external:cash")


class Bank:
    """A warehouse whose batches a test writes and builds one by one."""

    def __init__(self, connection: psycopg.Connection, dbt: Dbt) -> None:
        self.connection = connection
        self.dbt = dbt
        self._arrived: list[Transaction] = []

    def batch(self, complete_through: datetime, *rows: Account | Transaction) -> int:
        transactions = [row for row in rows if isinstance(row, Transaction)]
        self._arrived += transactions
        return write_batch(
            self.connection,
            complete_through,
            [row for row in rows if isinstance(row, Account)],
            transactions,
            balances_after(self._arrived),
        )

    def build(self, *arguments: str, batch_id: int | None = None) -> None:
        self.dbt("run", *(arguments or MARTS_ONLY), batch_id=batch_id)

    def days(self) -> dict[tuple[int, int], tuple[int, int]]:
        """(account, day) → (transactions, batch that wrote it)."""
        return {
            (row["account_id"].int, row["period_start"].day): (row["transaction_count"], row["batch_id"])
            for row in rows(self.connection, "stats_daily")
        }

    def assert_equals_rebuild(self) -> None:
        incremental = snapshot(self.connection)
        self.build("--full-refresh", *MARTS_ONLY)
        assert snapshot(self.connection) == incremental


@pytest.fixture(scope="module")
def views(warehouse: psycopg.Connection, dbt: Dbt) -> None:
    """The views below the marts, which hold nothing of a test."""
    dbt("run", "--select", "staging", "intermediate")


@pytest.fixture
def bank(warehouse: psycopg.Connection, dbt: Dbt, views: None) -> Bank:
    warehouse.execute("drop schema if exists marts cascade")
    warehouse.execute("truncate raw.batch, raw.transaction, raw.account restart identity")
    return Bank(warehouse, dbt)


class TestTakingInBatches:
    def test_without_a_batch_the_marts_are_empty(self, bank: Bank) -> None:
        bank.build()
        assert [len(rows(bank.connection, mart)) for mart in MARTS] == [0, 0, 0, 0, 0]

    def test_empty_marts_take_in_the_first_rows(self, bank: Bank) -> None:
        bank.build()
        bank.batch(at(1), Account(FIRST, at(2)))
        bank.build()
        bank.batch(at(3), move(FIRST, 1, at(2, 5), 10))
        bank.build()
        assert bank.days() == {(1, 2): (1, 2)}
        bank.assert_equals_rebuild()

    def test_an_empty_batch_writes_nothing(self, bank: Bank) -> None:
        bank.batch(at(2), Account(FIRST, at(1)), move(FIRST, 1, at(1, 5), 10))
        bank.build()
        bank.batch(at(3))
        bank.build()
        assert {row["batch_id"] for mart in MARTS for row in rows(bank.connection, mart)} == {1}

    def test_the_same_batch_again_writes_nothing_new(self, bank: Bank) -> None:
        bank.batch(at(2), Account(FIRST, at(1)), move(FIRST, 1, at(1, 5), 10))
        bank.build()
        before = snapshot(bank.connection)
        bank.build()
        assert snapshot(bank.connection) == before

    def test_rows_at_or_after_complete_through_wait(self, bank: Bank) -> None:
        bank.batch(at(2, 12), Account(FIRST, at(1)), move(FIRST, 1, at(2, 11), 10), move(FIRST, 2, at(2, 12), 5))
        bank.build()
        assert bank.days() == {(1, 2): (1, 1)}
        bank.batch(at(3))
        bank.build()
        assert bank.days() == {(1, 2): (2, 2)}
        bank.assert_equals_rebuild()

    def test_a_past_that_arrives_late_is_written_and_the_rest_left(self, bank: Bank) -> None:
        bank.batch(at(9), Account(FIRST, at(1)), move(FIRST, 1, at(8), 10))
        bank.build()
        bank.batch(at(10), Account(SECOND, at(3)), move(SECOND, 1, at(3), 7), move(SECOND, 2, at(4), 7))
        bank.build()
        assert bank.days() == {(1, 8): (1, 1), (2, 3): (1, 2), (2, 4): (1, 2)}
        bank.assert_equals_rebuild()

    def test_an_account_that_closes_without_moving_ends_its_averages(self, bank: Bank) -> None:
        moves = move(FIRST, 1, at(4), 100), move(FIRST, 2, at(4, 6), -100)
        bank.batch(at(4, 12), Account(FIRST, at(4)), *moves)
        bank.build()
        assert [row["average_balance"] for row in rows(bank.connection, "stats_daily")] == [25]
        bank.batch(at(5), Account(FIRST, at(4), closed_at=at(4, 12)))
        bank.build()
        assert [row["average_balance"] for row in rows(bank.connection, "stats_daily")] == [50]
        assert [row["batch_id"] for row in rows(bank.connection, "accounts")] == [2]
        bank.assert_equals_rebuild()

    def test_an_account_opened_after_complete_through_counts_later(self, bank: Bank) -> None:
        bank.batch(at(2), Account(FIRST, at(2, 1)))
        bank.build()
        assert rows(bank.connection, "bank_daily") == []
        bank.batch(at(3))
        bank.build()
        assert [(r["date"].day, r["new_accounts"]) for r in rows(bank.connection, "bank_daily")] == [(2, 1)]

    def test_a_run_killed_between_two_models_is_made_up_by_the_next(self, bank: Bank) -> None:
        bank.batch(at(2), Account(FIRST, at(1)), move(FIRST, 1, at(1, 5), 10))
        bank.build()
        bank.batch(at(3), move(FIRST, 2, at(2, 5), 10))
        bank.build("--select", "stats_daily")
        bank.batch(at(4), move(FIRST, 3, at(3, 5), 10))
        bank.build()
        assert bank.days() == {(1, 1): (1, 1), (1, 2): (1, 2), (1, 3): (1, 3)}
        assert [row["transaction_count"] for row in rows(bank.connection, "stats_monthly")] == [3]
        bank.assert_equals_rebuild()

    def test_it_builds_up_to_the_batch_it_is_told(self, bank: Bank) -> None:
        bank.batch(at(2), Account(FIRST, at(1)), move(FIRST, 1, at(1, 5), 10))
        bank.batch(at(3), Account(FIRST, at(1)), Account(SECOND, at(2)), move(FIRST, 2, at(2, 5), 10))
        bank.build(batch_id=1)
        assert bank.days() == {(1, 1): (1, 1)}
        bank.build()
        assert bank.days() == {(1, 1): (1, 1), (1, 2): (1, 2)}
        bank.assert_equals_rebuild()


class TestRefusals:
    def test_a_batch_that_is_not_there(self, bank: Bank) -> None:
        with pytest.raises(AssertionError, match=r"raw\.batch has no batch 5"):
            bank.build(batch_id=5)

    def test_marts_that_are_ahead_of_the_raw_tables(self, bank: Bank) -> None:
        bank.batch(at(2), Account(FIRST, at(1)), move(FIRST, 1, at(1, 5), 10))
        bank.batch(at(3), move(FIRST, 2, at(1, 6), 10))
        bank.build()
        bank.connection.execute("delete from raw.batch where batch_id = 2")
        with pytest.raises(
            AssertionError, match=r"batch 2, which raw\.batch does not have: run with --full-refresh"
        ):
            bank.build()


class TestDataTests:
    @pytest.fixture(autouse=True)
    def built(self, bank: Bank) -> None:
        bank.batch(at(2), Account(FIRST, at(1)), move(FIRST, 1, at(1, 5), 10), move(FIRST, 2, at(1, 5), -4))
        bank.build()

    def test_a_row_that_does_not_add_up_is_found(self, bank: Bank) -> None:
        bank.connection.execute("update marts.stats_daily set closing_balance = closing_balance + 1")
        with pytest.raises(AssertionError, match="statistics_add_up_stats_daily_: Got 1 result"):
            bank.dbt("test", "--exclude-resource-type", "unit_test", "--select", "stats_daily")

    def test_an_account_that_is_missing_is_found(self, bank: Bank) -> None:
        bank.connection.execute("delete from marts.accounts")
        with pytest.raises(AssertionError, match="accounts_are_known_stats_weekly_: Got 1 result"):
            bank.dbt("test", "--exclude-resource-type", "unit_test", "--select", "stats_weekly")

    def test_what_was_published_is_not_looked_at_again(self, bank: Bank) -> None:
        bank.connection.execute("update marts.stats_daily set closing_balance = closing_balance + 1")
        arguments = ("--exclude-resource-type", "unit_test", "--select", "stats_daily")
        assert set(bank.dbt("test", *arguments, published_batch_id=1).values()) == {"pass"}
