"""`verify`: a ledger that somebody tampered with behind the triggers' back is found, at its first wrong row."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from api.accounts.verify import LedgerFault, verify_ledger
from tests.accounts.ledger import Ledger
from tests.cluster import REPOSITORY, Databases


@pytest.fixture
def ledger(databases: Databases) -> Iterator[Ledger]:
    ledger = Ledger(databases)
    yield ledger
    ledger.close()


@pytest.fixture
def accounts(ledger: Ledger) -> list[str]:
    """Two accounts, sorted by id, with three movements; the second one's is entry 2 of both."""
    accounts = [ledger.open(100), ledger.open(50)]
    with ledger.connect() as connection:
        ledger.post(connection, [(accounts[0], accounts[1], 30)])
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
]


class TestVerify:
    def test_a_right_ledger(self, ledger: Ledger, accounts: list[str]) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "api.accounts.admin", "verify"],
            cwd=REPOSITORY,
            env={**os.environ, "TIDEMARK_MIGRATION_URL": ledger.databases.url("accounts_owner")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "The ledger is right: 2 accounts, 3 transfers, 4 transactions.\n"

    def test_an_empty_ledger(self, ledger: Ledger) -> None:
        assert verify_ledger(ledger.databases.url("accounts_owner")).accounts == 0

    @pytest.mark.parametrize(("tampering", "found"), TAMPERINGS, ids=lambda text: text[:50])
    def test_a_tampered_ledger(self, ledger: Ledger, accounts: list[str], tampering: str, found: str) -> None:
        first, second = (f"account_id = '{account}'" for account in accounts)
        statement = tampering.format(*accounts, first=first, second=second)
        with psycopg.connect(ledger.databases.superuser_url()) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute("alter table accounts.account drop constraint account_not_overdrawn")
            assert connection.execute(statement.encode()).rowcount == 1
        with pytest.raises(LedgerFault) as fault:
            verify_ledger(ledger.databases.url("accounts_owner"))
        assert found.format(*accounts) in str(fault.value)
