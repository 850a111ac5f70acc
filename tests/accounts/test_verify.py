"""`verify`: a ledger that somebody tampered with behind the triggers' back is found, row by row."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import psycopg
import pytest
from click.testing import CliRunner

from api.accounts.verify.copy import Copy, open_copy
from api.accounts.verify.errors import CannotCheck, LedgerFault
from api.accounts.verify.ledger import Verified, check, verify_ledger
from infra.cli import main as tidemark
from infra.local import admin
from infra.local.bank import Bank
from pipelines.extract.service import extract
from tests.accounts.ledger import Ledger
from tests.accounts.tamperings import ENTERED_TWICE, REWRITINGS, TAMPERINGS
from tests.cluster import REPOSITORY, Databases

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ledger(module_databases: Databases) -> Iterator[Ledger]:
    ledger = Ledger(module_databases)
    yield ledger
    ledger.close()


@pytest.fixture(scope="module")
def accounts(ledger: Ledger) -> list[str]:
    """Two accounts, sorted by id, with three movements, the last of them between both, and then copied."""
    accounts = [ledger.open(100), ledger.open(50)]
    with ledger.connect() as connection:
        ledger.post(connection, [(accounts[0], accounts[1], 30)])
    extract(ledger.databases.url("extractor"), ledger.databases.warehouse_url)
    return accounts


def in_silence(_: str) -> nullcontext[None]:
    return nullcontext()


@pytest.fixture
def tampered(ledger: Ledger, accounts: list[str]) -> Iterator[psycopg.Connection]:
    """A superuser behind the back of triggers, whose changes end with the test."""
    with psycopg.connect(ledger.databases.superuser_url()) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection
        connection.rollback()


def fault(tampered: psycopg.Connection, statement: str, copy: Copy | None = None) -> str:
    """What is found wrong after the statement."""
    if "overdraft_limit = -90" in statement:
        tampered.execute("alter table accounts.account drop constraint account_not_overdrawn")
    tampered.execute(statement.encode())
    with pytest.raises(LedgerFault) as found:
        check(tampered, copy, in_silence)
    return str(found.value)


@pytest.fixture
def copy(ledger: Ledger, accounts: list[str]) -> Iterator[Copy]:
    with psycopg.connect(ledger.databases.warehouse_url) as warehouse:
        copy = open_copy(warehouse)
        assert copy is not None
        yield copy


class TestVerify:
    def test_a_right_ledger(self, ledger: Ledger, accounts: list[str]) -> None:
        found = verify_ledger(ledger.databases.url("accounts_owner"), None, in_silence)
        assert found == Verified(2, 3, 4, None)

    def test_an_empty_ledger(self, databases: Databases) -> None:
        found = verify_ledger(databases.url("accounts_owner"), databases.warehouse_url, in_silence)
        assert found == Verified(0, 0, 0, None)

    @pytest.mark.parametrize(("tampering", "found"), TAMPERINGS, ids=lambda text: text[:70])
    def test_a_tampered_ledger(
        self, tampered: psycopg.Connection, accounts: list[str], tampering: str, found: str
    ) -> None:
        first, second = (f"account_id = '{account}'" for account in accounts)
        assert found.format(*accounts) in fault(tampered, tampering.format(*accounts, first=first, second=second))

    def test_money_that_was_imported_without_an_owner(
        self, tampered: psycopg.Connection, accounts: list[str]
    ) -> None:
        tampered.execute("update accounts.account set import_reference = id::text")
        tampered.execute("delete from accounts.user_account")
        assert check(tampered, None, in_silence) == Verified(2, 3, 4, None)

    def test_money_of_who_is_about_to_be_deleted(self, tampered: psycopg.Connection, accounts: list[str]) -> None:
        tampered.execute("update users.user set leaving_at = now()")
        assert check(tampered, None, in_silence) == Verified(2, 3, 4, None)

    def test_every_wrong_row_is_named(self, tampered: psycopg.Connection, accounts: list[str]) -> None:
        found = fault(
            tampered,
            "update accounts.transaction set balance_after = balance_after + 1;"
            "update accounts.account set spent = 7;"
            "update accounts.transfer set source = 'no id' where source not like 'external:%'",
        ).splitlines()
        assert len([line for line in found if "the balance after is" in line]) == 4
        assert len([line for line in found if "it counts 7 as spent" in line]) == 2
        assert len([line for line in found if "its kind, sides, amount, time or memo cannot be" in line]) == 1

    def test_a_transfer_entered_twice(self, tampered: psycopg.Connection, accounts: list[str]) -> None:
        assert "has 2 entries for it" in fault(tampered, ENTERED_TWICE.format(*accounts))


class TestCopy:
    """A past that was rewritten so that all of it adds up."""

    @pytest.mark.parametrize(("tampering", "found"), REWRITINGS)
    def test_a_rewritten_past(
        self, tampered: psycopg.Connection, accounts: list[str], copy: Copy, tampering: str, found: str
    ) -> None:
        assert found.format(*accounts) in fault(tampered, tampering.format(*accounts), copy)

    def test_every_row_that_differs_is_named(
        self, tampered: psycopg.Connection, accounts: list[str], copy: Copy
    ) -> None:
        tampered.execute("delete from accounts.transaction where sequence = 1")
        tampered.execute("update accounts.transaction set counterparty = 'external:x'")
        faults = [each for each in copy.compare(tampered) if each.at]
        assert [(each.what.split(";")[0].split(",")[0][:25], each.is_of_copy) for each in faults] == [
            *(("it is gone", True), ("its counterparty is exter", True)),
            *(("it is gone", True), ("its counterparty is exter", True)),
        ]

    def test_a_right_ledger_that_went_on(self, ledger: Ledger, accounts: list[str], copy: Copy) -> None:
        with psycopg.connect(ledger.databases.superuser_url()) as connection:
            connection.execute(
                "insert into accounts.account (number, type, currency) values ('1000000018', 'checking', 'EUR')"
            )
            ledger.post(connection, [(accounts[1], accounts[0], 1), (accounts[1], "external:cash", 1)])
            assert check(connection, copy, in_silence) == Verified(3, 5, 7, copy)
            connection.rollback()

    def test_a_right_ledger_that_a_dump_moved(self, tampered: psycopg.Connection, copy: Copy) -> None:
        """Its rows keep transaction ids of another cluster, which this one has yet to give out."""
        for table in ("transaction", "account"):
            tampered.execute(f"update accounts.{table} set xid = '9000000000'".encode())
        assert check(tampered, copy, in_silence) == Verified(2, 3, 4, copy)

    @pytest.mark.parametrize(
        "change",
        ["delete from accounts.extract_receipt", "update accounts.extract_receipt set created_at = created_at"],
        ids=["put back in time", "moved by a dump"],
    )
    def test_the_copy_of_another_ledger(self, tampered: psycopg.Connection, copy: Copy, change: str) -> None:
        tampered.execute(change.encode())
        with pytest.raises(CannotCheck, match="tidemark warehouse reload"):
            check(tampered, copy, in_silence)

    def test_a_full_read_waits_until_it_has_been_seen(self, ledger: Ledger, copy: Copy) -> None:
        with psycopg.connect(ledger.databases.warehouse_url) as other:
            other.execute("set lock_timeout = '1ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("truncate raw.transaction")


class TestCommand:
    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
        return subprocess.run(
            [sys.executable, "-m", "api.accounts.admin", "verify"],
            cwd=REPOSITORY,
            env=clean | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_right_is_0_and_wrong_is_1(self, ledger: Ledger, accounts: list[str]) -> None:
        owner = {"TIDEMARK_MIGRATION_URL": ledger.databases.url("accounts_owner")}
        done = self.run(**owner, TIDEMARK_WAREHOUSE_URL=ledger.databases.warehouse_url)
        first, second = done.stdout.splitlines()
        assert done.returncode == 0
        assert first == "The ledger is right: 2 accounts, 3 transfers, 4 transactions."
        assert second.startswith("It equals the warehouse's copy, which is complete through 20")
        assert "what came in less what went out … " in done.stderr
        ledger.root.execute("alter table accounts.account disable trigger account_kept")
        done = self.run(**owner)
        ledger.root.execute("alter table accounts.account enable trigger account_kept")
        assert (done.returncode, done.stdout) == (1, "")
        assert "Error: The ledger is wrong. table accounts.account: its guard account_kept is" in done.stderr

    def test_days_are_named_with_what_mends_them(self, ledger: Ledger, accounts: list[str]) -> None:
        environment = {
            "TIDEMARK_MIGRATION_URL": ledger.databases.url("accounts_owner"),
            "TIDEMARK_WAREHOUSE_URL": ledger.databases.warehouse_url,
            "TIDEMARK_TIME_ZONE": "Pacific/Kiritimati",
        }
        with psycopg.connect(ledger.databases.warehouse_url) as warehouse:
            warehouse.execute("update raw.transaction set amount = amount + 1 where sequence = 1")
        done = self.run(**environment)
        with psycopg.connect(ledger.databases.warehouse_url) as warehouse:
            warehouse.execute("update raw.transaction set amount = amount - 1 where sequence = 1")
            days = warehouse.execute(
                "select min((at at time zone 'Pacific/Kiritimati')::date), "
                "max((at at time zone 'Pacific/Kiritimati')::date) from raw.transaction where sequence = 1"
            ).fetchone()
        assert days is not None
        assert done.returncode == 1
        assert done.stderr.count("the warehouse's copy says") == 2
        assert f"tidemark warehouse mend --from {days[0]} --to {days[1]}" in done.stderr

    def test_the_bank_hands_over_its_copy(
        self, ledger: Ledger, accounts: list[str], capfd: pytest.CaptureFixture[str]
    ) -> None:
        owner = {"TIDEMARK_MIGRATION_URL": ledger.databases.url("accounts_owner")}
        bank = SimpleNamespace(
            admin_environment=lambda _: owner, database_url=ledger.databases.url, time_zone="UTC"
        )
        assert admin.verify_ledger(cast(Bank, bank)) == 0
        assert "It equals the warehouse's copy" in capfd.readouterr().out

    def test_without_a_bank_it_is_2_too(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(tidemark, ["ledger", "verify"], env={"TIDEMARK_HOME": str(tmp_path)})
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("Error: No bank is running")

    def test_not_checked_is_2(self, ledger: Ledger) -> None:
        nobody = "postgresql://nobody@127.0.0.1:1/bank"
        for environment in (
            {},
            {"TIDEMARK_MIGRATION_URL": nobody},
            {"TIDEMARK_MIGRATION_URL": ledger.databases.url("accounts_app")},
            {
                "TIDEMARK_MIGRATION_URL": ledger.databases.url("accounts_owner"),
                "TIDEMARK_WAREHOUSE_URL": nobody,
            },
        ):
            done = self.run(**environment)
            assert (done.returncode, done.stdout) == (2, ""), done.stderr
            assert "Error: " in done.stderr
            assert "Traceback" not in done.stderr
