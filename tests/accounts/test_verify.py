"""`verify`: a ledger that somebody tampered with behind the triggers' back is found, at its first wrong row."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from api.accounts.verify.copy import Copy, open_copy
from api.accounts.verify.errors import CannotCheck, LedgerFault
from api.accounts.verify.ledger import Verified, check, verify_ledger
from infra.cli import main as tidemark
from pipelines.extract.run import extract
from tests.accounts.ledger import Ledger
from tests.cluster import REPOSITORY, Databases


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


CHAIN = "update accounts.transaction set"
HEAD = "update accounts.account set"
TAMPERINGS = [
    (
        CHAIN + " balance_after = 71 where {first} and sequence = 2",
        "account {0}, sequence 2",
    ),
    (CHAIN + " amount = 99 where {first} and sequence = 1", "account {0}, sequence 1"),
    (CHAIN + " sequence = 3 where {second} and sequence = 2", "account {1}, sequence 3"),
    ("delete from accounts.transaction where {second} and sequence = 1", "account {1}, sequence 2"),
    (CHAIN + " at = at - interval '1 hour' where {first} and sequence = 2", "account {0}"),
    (HEAD + " total = total + 1 where id = '{1}'", "account {1}: its total is 81 after 2"),
    ("delete from accounts.transaction where {second} and sequence = 2", "account {1}: its total is 80 after 2"),
    (
        HEAD + " last_at = last_at + interval '1 second' where id = '{0}'",
        "account {0}: it moved",
    ),
    ("update accounts.transfer set amount = 31 where source = '{0}'", "differs from it"),
    (CHAIN + " counterparty = 'external:x' where {first} and sequence = 2", "transfer "),
    ("delete from accounts.transfer where source = '{0}'", "account {0}, sequence 2: it is not a side"),
    (
        "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
        " values ('transfer', '{0}', '{1}', 5, 'EUR', now())",
        "account {0} has no entry for it",
    ),
    (HEAD + " overdraft_limit = -90 where id = '{1}'", "account {1}: it is overdrawn"),
    (HEAD + " closed_at = clock_timestamp() where id = '{1}'", "account {1}: it is closed but not empty"),
    (HEAD + " opened_at = clock_timestamp() where id = '{0}'", "account {0}: it has an entry from before"),
    (HEAD + " number = '1000000010' where id = '{0}'", "account {0}: its number is not valid"),
    (HEAD + " currency = 'USD' where id = '{1}'", "differs from it"),
    (HEAD + " spent = 0 where id = '{0}'", "account {0}: it counts 0 as spent"),
    (HEAD + " spent_on = spent_on - 1, spent = 29 where id = '{0}'", "account {0}: it counts 29 as spent"),
    ("update accounts.transfer set source = upper(source) where source = '{0}'", "cannot be"),
    ("update accounts.transfer set source = 'nobody' where source = '{0}'", "cannot be"),
    (
        "update accounts.transfer set memo = repeat('x', 501) where source = '{0}'",
        "cannot be",
    ),
    (
        "insert into accounts.transfer (kind, source, destination, amount, currency, at, reverses)"
        " select 'reversal', destination, source, 29, 'EUR', now(), id"
        " from accounts.transfer where source = '{0}'",
        "it does not reverse the transfer that it names",
    ),
    ("alter table accounts.transfer disable trigger transfer_append_only", "transfer_append_only is missing"),
    ("drop trigger account_kept on accounts.account", "account_kept is missing"),
    ("drop index accounts.transfer_reversed_once", "transfer_reversed_once is missing"),
    ("alter table accounts.account drop constraint account_not_overdrawn", "account_not_overdrawn is missing"),
]
# Every entry, head and total adds up, but the transfer is entered twice.
ENTERED_TWICE = """
    update accounts.account set total = total - 30, last_sequence = 3, spent = 60 where id = '{0}';
    update accounts.account set total = total + 30, last_sequence = 3 where id = '{1}';
    insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
    select transfer_id, account_id, counterparty, amount, balance_after + amount, 3, at
    from accounts.transaction where sequence = 2
"""


# Nothing in them is wrong by itself. {0} paid 30 to {1}, which had 50 from outside.
REWRITINGS = [
    (
        "update accounts.transfer set amount = 51, at = at - interval '1 day' where destination = '{1}'"
        " and kind = 'deposit';"
        " update accounts.account set total = total + 1, opened_at = opened_at - interval '1 week';"
        " update accounts.transaction set amount = 51, at = at - interval '1 day' where account_id = '{1}'"
        " and sequence = 1;"
        " update accounts.transaction set balance_after = balance_after + 1 where account_id = '{1}';"
        " update accounts.account set total = total - 1 where id = '{0}'",
        "account {1}, sequence 1: its amount is 51, the warehouse's copy says 50",
    ),
    (
        "update accounts.transfer set source = 'external:wire' where destination = '{1}' and kind = 'deposit';"
        " update accounts.transaction set counterparty = 'external:wire'"
        " where account_id = '{1}' and sequence = 1",
        "account {1}, sequence 1: its counterparty is external:wire, the warehouse's copy says external:cash",
    ),
    (
        "delete from accounts.transfer where kind = 'transfer';"
        " delete from accounts.transaction where sequence = 2;"
        " update accounts.account a set total = e.balance_after, last_sequence = 1, last_at = e.at, spent = 0"
        " from accounts.transaction e where e.account_id = a.id",
        "account {0}, sequence 2: it is gone; the warehouse's copy has it",
    ),
    (
        "delete from accounts.transfer where kind = 'transfer' or destination = '{0}';"
        " delete from accounts.transaction where sequence = 2 or account_id = '{0}';"
        " delete from accounts.account where id = '{0}';"
        " update accounts.account a set total = e.balance_after, last_sequence = 1, last_at = e.at"
        " from accounts.transaction e where e.account_id = a.id",
        "account {0}, sequence 1: it is gone; the warehouse's copy has it",
    ),
    (
        "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
        " select 'deposit', 'external:cash', '{1}', 7, 'EUR', last_at from accounts.account where id = '{1}';"
        " insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after,"
        " sequence, at, xid)"
        " select t.id, '{1}', source, 7, 87, 3, t.at, e.xid from accounts.transfer t, accounts.transaction e"
        " where t.amount = 7 and e.account_id = '{1}' and e.sequence = 2;"
        " update accounts.account set total = 87, last_sequence = 3 where id = '{1}'",
        "account {1}, sequence 3: the warehouse's copy should have it, and does not",
    ),
    (
        "update accounts.account set type = 'savings', xid = pg_current_xact_id() where id = '{0}'",
        "account {0}: its type is savings, the warehouse's copy says checking",
    ),
    (
        "update accounts.account set xid = '9000000000', opened_at = opened_at - interval '1 day'"
        " where id = '{0}'",
        "account {0}: its opened_at is ",
    ),
    (
        "update accounts.account set approved = false where id = '{1}'",
        "account {1}: its approved is f, the warehouse's copy says t",
    ),
    (
        "insert into accounts.account (number, type, currency, xid) select '1000000018', 'checking', 'EUR', xid"
        " from accounts.account limit 1",
        "the warehouse's copy should have it, and does not",
    ),
]


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

    def test_a_transfer_entered_twice(self, tampered: psycopg.Connection, accounts: list[str]) -> None:
        assert "has 2 entries for it" in fault(tampered, ENTERED_TWICE.format(*accounts))


class TestCopy:
    """A past that was rewritten so that all of it adds up."""

    @pytest.mark.parametrize(("tampering", "found"), REWRITINGS)
    def test_a_rewritten_past(
        self, tampered: psycopg.Connection, accounts: list[str], copy: Copy, tampering: str, found: str
    ) -> None:
        assert found.format(*accounts) in fault(tampered, tampering.format(*accounts), copy)

    def test_a_right_ledger_that_went_on(self, ledger: Ledger, accounts: list[str], copy: Copy) -> None:
        with psycopg.connect(ledger.databases.superuser_url()) as connection:
            connection.execute(
                "insert into accounts.account (number, type, currency) values ('1000000018', 'checking', 'EUR')"
            )
            ledger.post(connection, [(accounts[1], accounts[0], 1), (accounts[1], "external:cash", 1)])
            assert check(connection, copy, in_silence) == Verified(3, 5, 7, copy)
            connection.rollback()

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
