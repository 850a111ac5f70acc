"""Extract while others write: late commits, and the moment up to which nothing can still arrive."""

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from pipelines.extract.errors import StartUnknown
from tests.pipelines.conftest import Bank

pytestmark = pytest.mark.slow


class TestLateCommits:
    def test_row_that_commits_after_younger_ones(self, bank: Bank) -> None:
        early, other = bank.ledger.open_account(), bank.ledger.open_account()
        with bank.ledger.connect() as late:
            bank.ledger.deposit(early, 100, writer=late)
            bank.ledger.deposit(other, 50)
            first = bank.extract()
            assert first.transaction_rows == 1
        second = bank.extract()

        assert (second.transaction_rows, second.account_rows) == (1, 1)
        bank.assert_raw_equals_ledger()

    def test_commits_out_of_order_over_several_batches(self, bank: Bank) -> None:
        accounts = [bank.ledger.open_account() for _ in range(4)]
        writers = [bank.ledger.connect() for _ in accounts]
        for number, (account, writer) in enumerate(zip(accounts, writers, strict=True)):
            bank.ledger.deposit(account, 10 + number, writer=writer)

        carried = [bank.extract().transaction_rows]
        for position in (2, 0, 3, 1):
            writers[position].commit()
            carried.append(bank.extract().transaction_rows)

        assert carried == [0, 1, 1, 1, 1]
        bank.assert_raw_equals_ledger()
        for writer in writers:
            writer.close()

    def test_savepoints_and_what_they_roll_back(self, bank: Bank) -> None:
        kept, dropped = bank.ledger.open_account(), bank.ledger.open_account()
        with bank.ledger.connect() as late:
            late.execute("select pg_current_xact_id()")
            with late.transaction():
                bank.ledger.deposit(kept, 1, writer=late)
            with late.transaction() as savepoint:
                bank.ledger.deposit(dropped, 2, writer=late)
                raise psycopg.Rollback(savepoint)
            bank.extract()
            with late.transaction():
                bank.ledger.deposit(kept, 4, writer=late)
        batch = bank.extract()

        assert batch.transaction_rows == 2
        bank.assert_raw_equals_ledger()

    def test_more_savepoints_than_a_snapshot_can_list(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        with bank.ledger.connect() as late:
            # Postgres keeps 64 ids of subtransactions at hand; with more, a snapshot overflows.
            for number in range(70):
                late.execute(f"savepoint s{number}")
                bank.ledger.deposit(account, 1, writer=late)
            assert bank.extract().transaction_rows == 0
        assert bank.extract().transaction_rows == 70
        assert bank.extract().transaction_rows == 0
        bank.assert_raw_equals_ledger()

    def test_transaction_that_is_rolled_back_never_arrives(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        writer = bank.ledger.connect()
        bank.ledger.deposit(account, 1, writer=writer)
        bank.extract()
        writer.rollback()
        writer.close()

        assert bank.extract().transaction_rows == 0
        bank.assert_raw_equals_ledger()

    def test_long_writer_in_the_source_repeats_no_row(self, bank: Bank) -> None:
        account, other = bank.ledger.open_account(), bank.ledger.open_account()
        with bank.ledger.connect() as long:
            bank.ledger.deposit(other, 9, writer=long)
            for amount in (1, 2, 3):
                bank.ledger.deposit(account, amount)
                assert bank.extract().transaction_rows == 1
        assert bank.extract().transaction_rows == 1
        bank.assert_raw_equals_ledger()

    def test_long_writer_in_the_warehouse_does_not_repeat_rows(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        with psycopg.connect(bank.warehouse_url) as neighbour:
            neighbour.execute("select pg_current_xact_id()")
            for amount in (1, 2, 3):
                bank.ledger.deposit(account, amount)
                assert bank.extract().transaction_rows == 1
        assert bank.extract().transaction_rows == 0
        bank.assert_raw_equals_ledger()


class TestCompleteThrough:
    def test_is_the_clock_when_nobody_writes(self, bank: Bank) -> None:
        before = datetime.now(UTC)
        complete_through = bank.extract().complete_through
        assert before <= complete_through <= datetime.now(UTC)

    def test_waits_at_the_start_of_an_open_writer(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        with bank.ledger.connect() as writer:
            row = writer.execute("select now()").fetchone()
            bank.ledger.deposit(account, 100, writer=writer)
            assert bank.extract().complete_through == (row or ())[0]
        assert bank.extract().complete_through > (row or ())[0]

    def test_ignores_readers(self, bank: Bank) -> None:
        with bank.ledger.connect() as reader:
            row = reader.execute("select now()").fetchone()
            assert bank.extract().complete_through > (row or ())[0]

    def test_ignores_writers_of_other_databases(self, bank: Bank) -> None:
        with psycopg.connect(bank.warehouse_url) as neighbour:
            row = neighbour.execute("select now(), pg_current_xact_id()").fetchone()
            assert bank.extract().complete_through > (row or ())[0]

    def test_never_goes_back_for_an_id_taken_late(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        with bank.ledger.connect() as writer:
            writer.execute("select now()")
            first = bank.extract()
            bank.ledger.deposit(account, 100, writer=writer)
            assert bank.extract().complete_through == first.complete_through

    def test_no_row_arrives_with_an_earlier_time(self, bank: Bank) -> None:
        accounts = [bank.ledger.open_account() for _ in range(4)]
        stop = threading.Event()

        def write(account: Any) -> None:
            with bank.ledger.connect() as writer:
                while not stop.is_set():
                    bank.ledger.deposit(account, 1, writer=writer)
                    writer.commit()

        threads = [threading.Thread(target=write, args=(account,)) for account in accounts]
        for thread in threads:
            thread.start()
        try:
            for _ in range(15):
                bank.extract()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        bank.extract()
        bank.assert_raw_equals_ledger()
        early = bank.raw(
            "select count(*) from raw.transaction t join lateral (select max(complete_through) as moment "
            "from raw.batch b where b.batch_id < t.batch_id) earlier on t.at < earlier.moment"
        )
        assert early == [(0,)]

    def test_prepared_transaction_holds_it_still(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        first = bank.extract()
        with bank.ledger.connect() as writer:
            writer.autocommit = True
            name = f"prepared-{uuid4()}"
            writer.execute("begin")
            bank.ledger.deposit(account, 100, writer=writer)
            writer.execute(f"prepare transaction '{name}'")
            assert bank.extract().complete_through == first.complete_through
            writer.execute(f"commit prepared '{name}'")
        last = bank.extract()
        assert (last.transaction_rows, last.complete_through > first.complete_through) == (1, True)

    def test_prepared_transaction_stops_a_first_extract(self, bank: Bank) -> None:
        with bank.ledger.connect() as writer:
            writer.autocommit = True
            name = f"prepared-{uuid4()}"
            writer.execute("begin")
            bank.ledger.deposit(bank.ledger.open_account(), 100, writer=writer)
            writer.execute(f"prepare transaction '{name}'")
            with pytest.raises(StartUnknown, match="prepared"):
                bank.extract()
            writer.execute(f"rollback prepared '{name}'")

    def test_start_that_cannot_be_seen_is_an_error(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        with bank.ledger.connect() as writer:
            writer.execute("set track_activities = off")
            writer.commit()
            bank.ledger.deposit(account, 100, writer=writer)
            with pytest.raises(StartUnknown, match="pg_read_all_stats"):
                bank.extract()
        assert bank.raw("select to_regclass('raw.batch')") == [(None,)]
