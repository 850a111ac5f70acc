"""Another source, or the same one put back in time: a loud stop until it is read anew."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from infra.local.databases import prepare, url, urls
from infra.local.ports import free_port
from infra.local.postgres import BIN
from pipelines.extract.errors import SourceSwitched
from pipelines.extract.service import extract, reload
from tests.cluster import PASSWORDS
from tests.pipelines.conftest import Bank
from tests.pipelines.ledger import Ledger
from tests.postgres_process import PostgresProcess

pytestmark = pytest.mark.slow


class TestSwitchedSource:
    def test_is_refused_until_reloaded(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 10)
        bank.extract()
        bank.ledger.deposit(account, 20)
        lost = bank.extract()
        with bank.ledger.connect() as restored:
            # What a backup taken before the last extract would hold.
            restored.execute("delete from accounts.extract_receipt where id = %s", (lost.receipt,))
            restored.execute("delete from accounts.transaction where sequence = 2")
            restored.execute("update accounts.account set total = 10, last_sequence = 1")
        stale = bank.raw_transactions()

        with pytest.raises(SourceSwitched, match=f"batch {lost.batch_id}.*tidemark warehouse reload"):
            bank.extract()
        assert bank.raw_transactions() == stale

        mended = reload(bank.source_url, bank.warehouse_url)
        assert mended.transaction_rows == 1
        bank.assert_raw_equals_ledger()
        bank.ledger.deposit(account, 30)
        assert bank.extract().transaction_rows == 1
        bank.assert_raw_equals_ledger()

    def test_warehouse_put_back_from_a_backup_catches_up(self, bank: Bank) -> None:
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 10)
        first = bank.extract()
        bank.ledger.deposit(account, 20)
        bank.extract()
        with psycopg.connect(bank.warehouse_url) as restored:
            restored.execute("delete from raw.batch where batch_id > %s", (first.batch_id,))
            restored.execute("delete from raw.transaction where batch_id > %s", (first.batch_id,))
            restored.execute("update raw.account set total = 10, last_sequence = 1")

        assert bank.extract().transaction_rows == 1
        bank.assert_raw_equals_ledger()

    def test_old_receipts_go(self, bank: Bank) -> None:
        first, second = bank.extract(), bank.extract()
        with bank.ledger.connect() as connection:
            connection.execute(
                "update accounts.extract_receipt set created_at = now() - interval '31 days' where id = %s",
                (first.receipt,),
            )

        third = bank.extract()

        kept = {row[0] for row in bank.ledger.receipts()}
        assert kept == {second.receipt, third.receipt}


@dataclass(frozen=True)
class Server:
    """A server of its own with a bank in it."""

    data: Path

    def copy(self, name: str) -> "Server":
        """A physical copy, as a backup of the data folder is one; nobody may be running here."""
        to = self.data.with_name(name)
        subprocess.run(["cp", "-a", self.data, to], check=True)
        return Server(to)

    @contextmanager
    def running(self) -> Iterator[tuple[str, Ledger]]:
        """The server for a while: the extractor's URL, and the ledger to write in."""
        log = self.data.with_suffix(".log")
        postgres = PostgresProcess(self.data, free_port(), log, password="postgres", durable=False)
        postgres.start()
        try:
            postgres.wait_ready()
            prepare(postgres.superuser_url, PASSWORDS)
            source = urls(postgres.superuser_url, PASSWORDS)["extractor"]
            yield source, Ledger(url(postgres.superuser_url, "postgres", "postgres", "bank"))
        finally:
            postgres.stop()


def spend_ids(database_url: str, until: int) -> None:
    """Let a cluster give out transaction ids up to one."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            f"do $$ begin while pg_current_xact_id()::text::bigint < {until} loop commit; end loop; end $$"
        )


@pytest.fixture(scope="module")
def elsewhere(module_bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Another cluster with a dump of the bank, taken after the last extract, receipts and all."""
    original = module_bank.databases.superuser_url()
    # Further than a new cluster is after the dump was put into it.
    spend_ids(original, 5_000)
    module_bank.ledger.deposit(module_bank.ledger.open_account(), 10)
    module_bank.extract()
    server = Server(tmp_path_factory.mktemp("elsewhere") / "dumped")
    dump = subprocess.run([BIN / "pg_dump", "--format=custom", original], capture_output=True, check=True).stdout
    with server.running() as (_, ledger):
        subprocess.run([BIN / "pg_restore", "--dbname", ledger.url], input=dump, check=True)
    return server


class TestAnotherCluster:
    def test_dump_that_holds_the_receipt_is_refused_until_reloaded(
        self, module_bank: Bank, elsewhere: Server
    ) -> None:
        bank = module_bank
        with elsewhere.copy("by-dump").running() as (source, ledger):
            moved = Bank(bank.databases, ledger)
            moved.assert_raw_equals_ledger()
            [account] = ledger.accounts()
            ledger.deposit(account[0], 20)  # type: ignore[arg-type]
            with pytest.raises(SourceSwitched, match="tidemark warehouse reload"):
                extract(source, bank.warehouse_url)
            reload(source, bank.warehouse_url)
            moved.assert_raw_equals_ledger()
            ledger.deposit(account[0], 30)  # type: ignore[arg-type]
            assert extract(source, bank.warehouse_url).transaction_rows == 1
            # The rows keep the ids of the cluster they come from, which this one gives out again, one by one.
            foreign = bank.raw("select foreign_xid::bigint from raw.batch where foreign_xid is not null limit 1")[
                0
            ][0]
            for until in (foreign - 1, foreign + 2):  # type: ignore[operator]
                spend_ids(ledger.url, until)
                ledger.deposit(account[0], 40)  # type: ignore[arg-type]
                assert extract(source, bank.warehouse_url).transaction_rows == 1
                moved.assert_raw_equals_ledger()
            assert extract(source, bank.warehouse_url).foreign_xid is None

    def test_physical_copy_taken_back_in_time_is_refused_until_reloaded(
        self, module_bank: Bank, elsewhere: Server
    ) -> None:
        warehouse, server = module_bank.warehouse_url, elsewhere.copy("original")
        with server.running() as (source, ledger):
            [account] = ledger.accounts()
            reload(source, warehouse)
            ledger.deposit(account[0], 20)  # type: ignore[arg-type]
        early = server.copy("early")
        with server.running() as (source, ledger):
            ledger.deposit(account[0], 30)  # type: ignore[arg-type]
            assert extract(source, warehouse).transaction_rows == 2
        late = server.copy("late")
        with late.running() as (source, ledger):
            # Nothing was lost between the last extract and this copy: it goes on where the original was.
            ledger.deposit(account[0], 40)  # type: ignore[arg-type]
            assert extract(source, warehouse).transaction_rows == 1
            Bank(module_bank.databases, ledger).assert_raw_equals_ledger()
        with early.running() as (source, ledger):
            # The ids of what was lost are given out once more: to other movements.
            for amount in (50, 60, 70):
                ledger.deposit(account[0], amount)  # type: ignore[arg-type]
            with pytest.raises(SourceSwitched, match="tidemark warehouse reload"):
                extract(source, warehouse)
            reload(source, warehouse)
            Bank(module_bank.databases, ledger).assert_raw_equals_ledger()
