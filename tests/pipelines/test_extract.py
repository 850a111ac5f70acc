"""Extract: each row once, what is new and nothing else."""

import threading
from typing import Any

import psycopg
import pytest

from pipelines import database
from pipelines.extract import batch as raw_batch
from pipelines.extract.batch import Batch
from pipelines.extract.service import extract
from tests.pipelines.conftest import Bank
from tests.pipelines.ledger import START, later

pytestmark = pytest.mark.slow


class TestExtract:
    def test_first_extract_carries_everything(self, bank: Bank) -> None:
        one, two = bank.ledger.open_account(), bank.ledger.open_account()
        bank.ledger.deposit(one, 500)
        bank.ledger.transfer(one, two, 200)

        batch = bank.extract()

        assert (batch.transaction_rows, batch.account_rows) == (3, 2)
        bank.assert_raw_equals_ledger()
        assert bank.raw("select source_totals, source_accounts, source_transactions from raw.batch") == [
            ({"EUR": "500"}, 2, 3)
        ]

    def test_first_extract_leaves_nothing_to_vacuum(self, bank: Bank) -> None:
        bank.ledger.deposit(bank.ledger.open_account(), 500)

        bank.extract()

        assert bank.raw(
            "select relpages, relallvisible from pg_class where oid = 'raw.transaction'::regclass"
        ) == [(1, 1)]

    def test_next_extract_carries_only_what_is_new(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 500)
        first = bank.extract()
        bank.ledger.deposit(account, 7)

        second = bank.extract()

        assert second.batch_id > first.batch_id
        assert second.complete_through > first.complete_through
        assert (second.transaction_rows, second.account_rows) == (1, 1)
        assert bank.raw("select batch_id from raw.transaction order by sequence") == [
            (first.batch_id,),
            (second.batch_id,),
        ]
        bank.assert_raw_equals_ledger()

    def test_empty_ledger_and_empty_run(self, bank: Bank) -> None:
        first = bank.extract()
        second = bank.extract()

        assert (first.transaction_rows, first.account_rows) == (0, 0)
        assert (second.transaction_rows, second.account_rows) == (0, 0)
        assert second.complete_through > first.complete_through

    def test_changed_account_replaces_its_row(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        bank.extract()
        bank.ledger.close(account, at=later(hours=1))

        batch = bank.extract()

        assert (batch.transaction_rows, batch.account_rows) == (0, 1)
        bank.assert_raw_equals_ledger()

    def test_source_that_grew_a_column(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        bank.extract()
        with bank.ledger.connect() as connection:
            connection.execute("alter table accounts.transaction add column channel text default 'web'")
            connection.execute("alter table accounts.account add column nickname text default 'x'")
        bank.ledger.deposit(account, 5)

        bank.extract()

        bank.assert_raw_equals_ledger()


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
        threads = [threading.Thread(target=lambda: batches.append(bank.extract())) for _ in range(2)]
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
        bank.extract()
        columns = bank.raw(
            "select column_name::text from information_schema.columns where table_schema = 'raw' "
            "and table_name in ('transaction', 'account') "
            "and column_name in ('memo', 'number', 'user_id', 'created_by')"
        )
        assert columns == []
