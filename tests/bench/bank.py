"""A bank that serves, as a rule without its pipeline: a refresh that starts by itself would be measured too."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

from infra.local.bank import Bank
from infra.local.databases import SUPERUSER, url
from infra.local.docs import STAMP
from tests.e2e.people import Person
from tests.running_bank import running_bank

# Above them are one benchmark's accounts, the same in every contender: the last twelve digits count them.
ACCOUNT = "00000000-0000-7000-8000-"
FIRST_NUMBER = 100_000_000_000
MONEY_MINOR = 1_000_000_000_000


class ServingBank:
    """What a benchmark needs of it: doors to its databases, its address, and people who own every account."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self.gateway = bank.gateway_url
        self.app = bank.app_url

    @property
    def home(self) -> Path:
        """Its state folder."""
        return self._bank.state.home

    def wait_for_docs(self, timeout_s: float) -> None:
        """Wait until the dbt documentation is made, which takes a processor for some seconds."""
        deadline = time.monotonic() + timeout_s
        while not (self._bank.state.docs / STAMP).exists() and time.monotonic() < deadline:
            time.sleep(0.5)

    def url(self, role: str) -> str:
        """The database that the role works in, as that role."""
        return self._bank.database_url(role)

    def superuser_url(self, database: str = "bank") -> str:
        """Any database, as the superuser."""
        return url(self._bank.postgres_url, SUPERUSER, self._bank.secrets.databases[SUPERUSER], database)

    def create_database(self, name: str) -> str:
        """A new database for another contender on the same server; its superuser's URL."""
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return self.superuser_url(name)

    def customer(self) -> Person:
        """Someone who signed up and in through the gateway and was approved."""
        person = Person(self.gateway).sign_up()
        with psycopg.connect(self.superuser_url()) as connection:
            connection.execute("update users.user set approved_at = now() where id = %s", (person.user_id,))
        return person

    def open_accounts(self, owners: list[UUID], accounts: int) -> None:
        """Accounts ACCOUNT + FIRST_NUMBER and so on, full of money, each owned by all of `owners`."""
        with psycopg.connect(self.superuser_url()) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(
                "insert into accounts.account (id, number, type, currency, approved) "
                "select (%s::text || %s + n)::uuid, (1000000000 + n)::text, 'checking', 'EUR', true "
                "from generate_series(0, %s - 1) as n",
                (ACCOUNT, FIRST_NUMBER, accounts),
            )
            connection.execute("set session_replication_role = origin")
            connection.execute(
                "insert into accounts.user_account (user_id, account_id) "
                "select o, id from accounts.account cross join unnest(%s::uuid[]) as o where id::text like %s",
                (owners, ACCOUNT + "%"),
            )
            connection.execute(
                "insert into accounts.transfer (kind, source, destination, amount, currency, at) "
                "select 'deposit', 'external:wire', id::text, %s, 'EUR', clock_timestamp() "
                "from accounts.account where id::text like %s",
                (MONEY_MINOR, ACCOUNT + "%"),
            )
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute("vacuum (analyze) accounts.account, accounts.user_account, accounts.transaction")


@contextmanager
def serving_bank(home: Path, *, has_pipeline: bool = False, has_app: bool = False) -> Iterator[ServingBank]:
    """A bank in a new folder, ended with the `with`, or by its sentinel when this process is killed."""
    options = [*([] if has_app else ["--no-ui"]), *([] if has_pipeline else ["--no-pipeline"])]
    with running_bank(home, *options):
        yield ServingBank(Bank.running(home))
