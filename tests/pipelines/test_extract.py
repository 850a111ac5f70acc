"""Extract: each row exactly once, whatever commits late, dies or is exchanged."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from pipelines import database
from pipelines.extract import batch as raw_batch
from pipelines.extract.batch import Batch
from pipelines.extract.errors import SourceSwitched, StartUnknown
from pipelines.extract.run import extract, reload
from tests.pipelines.conftest import Bank
from tests.pipelines.ledger import START, later


def run(bank: Bank) -> Batch:
    return extract(bank.source_url, bank.warehouse_url, wait_s=5)


class TestExtract:
    def test_first_extract_carries_everything(self, bank: Bank) -> None:
        one, two = bank.ledger.open_account(), bank.ledger.open_account()
        bank.ledger.deposit(one, 500)
        bank.ledger.transfer(one, two, 200)

        batch = run(bank)

        assert (batch.transaction_rows, batch.account_rows) == (3, 2)
        bank.assert_raw_equals_ledger()
        assert bank.raw("select source_totals, source_accounts, source_transactions from raw.batch") == [
            ({"EUR": "500"}, 2, 3)
        ]

    def test_next_extract_carries_only_what_is_new(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 500)
        first = run(bank)
        bank.ledger.deposit(account, 7)

        second = run(bank)

        assert second.batch_id > first.batch_id
        assert second.complete_through > first.complete_through
        assert (second.transaction_rows, second.account_rows) == (1, 1)
        assert bank.raw("select batch_id from raw.transaction order by sequence") == [
            (first.batch_id,),
            (second.batch_id,),
        ]
        bank.assert_raw_equals_ledger()

    def test_empty_ledger_and_empty_run(self, bank: Bank) -> None:
        first = run(bank)
        second = run(bank)

        assert (first.transaction_rows, first.account_rows) == (0, 0)
        assert (second.transaction_rows, second.account_rows) == (0, 0)
        assert second.complete_through > first.complete_through

    def test_changed_account_replaces_its_row(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        run(bank)
        bank.ledger.close(account, at=later(hours=1))

        batch = run(bank)

        assert (batch.transaction_rows, batch.account_rows) == (0, 1)
        bank.assert_raw_equals_ledger()

    def test_source_that_grew_a_column(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        run(bank)
        with bank.ledger.connect() as connection:
            connection.execute("alter table accounts.transaction add column channel text default 'web'")
            connection.execute("alter table accounts.account add column nickname text default 'x'")
        bank.ledger.deposit(account, 5)

        run(bank)

        bank.assert_raw_equals_ledger()


class TestLateCommits:
    def test_row_that_commits_after_younger_ones(self, bank: Bank) -> None:
        early, other = bank.ledger.open_account(), bank.ledger.open_account()
        with bank.ledger.connect() as late:
            bank.ledger.deposit(early, 100, writer=late)
            bank.ledger.deposit(other, 50)
            first = run(bank)
            assert first.transaction_rows == 1
        second = run(bank)

        assert (second.transaction_rows, second.account_rows) == (1, 1)
        bank.assert_raw_equals_ledger()

    def test_commits_out_of_order_over_several_batches(self, bank: Bank) -> None:
        accounts = [bank.ledger.open_account() for _ in range(4)]
        writers = [bank.ledger.connect() for _ in accounts]
        for number, (account, writer) in enumerate(zip(accounts, writers, strict=True)):
            bank.ledger.deposit(account, 10 + number, writer=writer)

        carried = [run(bank).transaction_rows]
        for position in (2, 0, 3, 1):
            writers[position].commit()
            carried.append(run(bank).transaction_rows)

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
            run(bank)
            with late.transaction():
                bank.ledger.deposit(kept, 4, writer=late)
        batch = run(bank)

        assert batch.transaction_rows == 2
        bank.assert_raw_equals_ledger()

    def test_transaction_that_is_rolled_back_never_arrives(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        writer = bank.ledger.connect()
        bank.ledger.deposit(account, 1, writer=writer)
        run(bank)
        writer.rollback()
        writer.close()

        assert run(bank).transaction_rows == 0
        bank.assert_raw_equals_ledger()

    def test_long_writer_in_the_warehouse_does_not_repeat_rows(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        with psycopg.connect(bank.warehouse_url) as neighbour:
            neighbour.execute("select pg_current_xact_id()")
            for amount in (1, 2, 3):
                bank.ledger.deposit(account, amount)
                assert run(bank).transaction_rows == 1
        assert run(bank).transaction_rows == 0
        bank.assert_raw_equals_ledger()


class TestCompleteThrough:
    def test_is_the_clock_when_nobody_writes(self, bank: Bank) -> None:
        before = datetime.now(UTC)
        complete_through = run(bank).complete_through
        assert before <= complete_through <= datetime.now(UTC)

    def test_waits_at_the_start_of_an_open_writer(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        with bank.ledger.connect() as writer:
            row = writer.execute("select now()").fetchone()
            bank.ledger.deposit(account, 100, writer=writer)
            assert run(bank).complete_through == (row or ())[0]
        assert run(bank).complete_through > (row or ())[0]

    def test_ignores_readers(self, bank: Bank) -> None:
        with bank.ledger.connect() as reader:
            row = reader.execute("select now()").fetchone()
            assert run(bank).complete_through > (row or ())[0]

    def test_ignores_writers_of_other_databases(self, bank: Bank) -> None:
        with psycopg.connect(bank.warehouse_url) as neighbour:
            row = neighbour.execute("select now(), pg_current_xact_id()").fetchone()
            assert run(bank).complete_through > (row or ())[0]

    def test_never_goes_back_for_an_id_taken_late(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        with bank.ledger.connect() as writer:
            writer.execute("select now()")
            first = run(bank)
            bank.ledger.deposit(account, 100, writer=writer)
            assert run(bank).complete_through == first.complete_through

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
                run(bank)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        run(bank)
        bank.assert_raw_equals_ledger()
        early = bank.raw(
            "select count(*) from raw.transaction t join lateral (select max(complete_through) as moment "
            "from raw.batch b where b.batch_id < t.batch_id) earlier on t.at < earlier.moment"
        )
        assert early == [(0,)]

    def test_prepared_transaction_holds_it_still(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        first = run(bank)
        with bank.ledger.connect() as writer:
            writer.autocommit = True
            name = f"prepared-{uuid4()}"
            writer.execute("begin")
            bank.ledger.deposit(account, 100, writer=writer)
            writer.execute(f"prepare transaction '{name}'")
            assert run(bank).complete_through == first.complete_through
            writer.execute(f"commit prepared '{name}'")
        last = run(bank)
        assert (last.transaction_rows, last.complete_through > first.complete_through) == (1, True)

    def test_prepared_transaction_stops_a_first_extract(self, bank: Bank) -> None:
        with bank.ledger.connect() as writer:
            writer.autocommit = True
            name = f"prepared-{uuid4()}"
            writer.execute("begin")
            bank.ledger.deposit(bank.ledger.open_account(), 100, writer=writer)
            writer.execute(f"prepare transaction '{name}'")
            with pytest.raises(StartUnknown, match="prepared"):
                run(bank)
            writer.execute(f"rollback prepared '{name}'")

    def test_start_that_cannot_be_seen_is_an_error(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        with bank.ledger.connect() as writer:
            writer.execute("set track_activities = off")
            writer.commit()
            bank.ledger.deposit(account, 100, writer=writer)
            with pytest.raises(StartUnknown, match="pg_read_all_stats"):
                run(bank)
        assert bank.raw("select to_regclass('raw.batch')") == [(None,)]


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
        run(bank)
        # The first extract does more than those after it, and an empty one less.
        bank.ledger.transfer(one, two, 1)
        kill_after.update(used=0)
        run(bank)
        statements = kill_after["used"]
        assert statements > 15

        for allowed in range(statements):
            bank.ledger.transfer(one, two, 1 + allowed)
            before = bank.raw_transactions()
            kill_after.update(allowed=allowed, used=0)
            with pytest.raises(Killed):
                run(bank)
            kill_after["allowed"] = 10**9
            # Only the pruning of receipts comes after the warehouse's commit.
            assert bank.raw_transactions() in (before, bank.ledger.transactions())
            run(bank)
            bank.assert_raw_equals_ledger()

    def test_reload_leaves_the_old_copy(self, bank: Bank, kill_after: dict[str, int]) -> None:
        bank.ledger.deposit(bank.ledger.open_account(), 10)
        run(bank)
        kill_after.update(used=0)
        reload(bank.source_url, bank.warehouse_url)
        statements = kill_after["used"]

        for allowed in range(statements - 1):
            kill_after.update(allowed=allowed, used=0)
            with pytest.raises(Killed):
                reload(bank.source_url, bank.warehouse_url)
            kill_after["allowed"] = 10**9
            bank.assert_raw_equals_ledger()
        run(bank)
        bank.assert_raw_equals_ledger()


class TestSwitchedSource:
    def test_is_refused_until_reloaded(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 10)
        run(bank)
        bank.ledger.deposit(account, 20)
        lost = run(bank)
        with bank.ledger.connect() as restored:
            # What a backup taken before the last extract would hold.
            restored.execute("delete from accounts.extract_receipt where id = %s", (lost.receipt,))
            restored.execute("delete from accounts.transaction where sequence = 2")
            restored.execute("update accounts.account set total = 10, last_sequence = 1")
        stale = bank.raw_transactions()

        with pytest.raises(SourceSwitched, match=f"batch {lost.batch_id}.*tidemark warehouse reload"):
            run(bank)
        assert bank.raw_transactions() == stale

        mended = reload(bank.source_url, bank.warehouse_url)
        assert mended.transaction_rows == 1
        bank.assert_raw_equals_ledger()
        bank.ledger.deposit(account, 30)
        assert run(bank).transaction_rows == 1
        bank.assert_raw_equals_ledger()

    def test_warehouse_put_back_from_a_backup_catches_up(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 10)
        first = run(bank)
        bank.ledger.deposit(account, 20)
        run(bank)
        with psycopg.connect(bank.warehouse_url) as restored:
            restored.execute("delete from raw.batch where batch_id > %s", (first.batch_id,))
            restored.execute("delete from raw.transaction where batch_id > %s", (first.batch_id,))
            restored.execute("update raw.account set total = 10, last_sequence = 1")

        assert run(bank).transaction_rows == 1
        bank.assert_raw_equals_ledger()

    def test_old_receipts_go_but_never_the_last(self, bank: Bank) -> None:
        first, second = run(bank), run(bank)
        with bank.ledger.connect() as connection:
            connection.execute("update accounts.extract_receipt set created_at = now() - interval '31 days'")

        third = run(bank)

        kept = {row[0] for row in bank.ledger.receipts()}
        assert kept == {third.receipt}
        assert not {first.receipt, second.receipt} & kept


class TestTwoAtOnce:
    def test_the_second_waits_and_carries_what_is_left(self, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 10)
        arrived, go = threading.Event(), threading.Event()
        genuine = raw_batch.store_batch
        batches: list[Batch] = []

        def held(*args: Any) -> None:
            genuine(*args)
            arrived.set()
            assert go.wait(20)

        monkeypatch.setattr(raw_batch, "store_batch", held)
        threads = [threading.Thread(target=lambda: batches.append(run(bank))) for _ in range(2)]
        threads[0].start()
        assert arrived.wait(20)
        bank.ledger.deposit(account, 20)
        threads[1].start()
        go.set()
        for thread in threads:
            thread.join()

        assert [batch.transaction_rows for batch in batches] == [1, 1]
        bank.assert_raw_equals_ledger()

    def test_the_second_gives_up_after_its_patience(self, bank: Bank) -> None:
        with psycopg.connect(bank.warehouse_url) as holder:
            database.lock(holder, database.EXTRACT_LOCK, 1)
            holder.execute("select 1")
            with pytest.raises(database.Busy, match="another extract"):
                extract(bank.source_url, bank.warehouse_url, wait_s=0.05)


class TestNoPersonalData:
    def test_raw_has_no_column_for_memo_or_owner(self, bank: Bank) -> None:
        bank.ledger.open_account(opened_at=START)
        run(bank)
        columns = bank.raw(
            "select column_name::text from information_schema.columns where table_schema = 'raw' "
            "and table_name in ('transaction', 'account') "
            "and column_name in ('memo', 'number', 'user_id', 'created_by')"
        )
        assert columns == []
