"""A small bank for the stats service: people, accounts, a ledger, a publisher, at the moments a test chooses."""

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric import rsa
from litestar.testing import TestClient
from psycopg.types.json import Jsonb

from tests.cluster import Databases
from tests.oracle import Account, Transaction
from tests.stats.marts import CATALOGUE, PERIODS, mart_rows

ISSUER = "http://bank.test"
SIGNING_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BANK_METRICS = {"deposits": 5, "inflow": 7, "outflow": 2, "net_change": 5, "transaction_count": 3}


async def key_source() -> dict[str, Any]:
    """The public key of these tests, as the gateway would give it."""
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(SIGNING_KEY.public_key(), as_dict=True)
    return {"keys": [{**jwk, "kid": "test", "use": "sig"}]}


@dataclass(frozen=True)
class Person:
    """Someone with a live session, or their program."""

    user_id: UUID
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Api:
    """The stats service, as its callers reach it."""

    client: TestClient[Any]

    def get(
        self,
        path: str,
        person: Person | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """GET as that person, or as nobody."""
        return self.client.get(
            path, params=params, headers={**(person.headers if person else {}), **(headers or {})}
        )


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which is a problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["code"]


@dataclass
class World:
    """Writes what the bank's other parts write: users and accounts as the superuser, stats as the publisher."""

    databases: Databases
    histories: dict[UUID, tuple[Account, list[Transaction]]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1_000_000_000))

    def __post_init__(self) -> None:
        # The ledger's triggers hold moments and balances to what really happens; tests choose their own.
        self.owner = psycopg.connect(
            self.databases.superuser_url(), autocommit=True, options="-c session_replication_role=replica"
        )
        self.publisher = psycopg.connect(self.databases.url("publisher"), autocommit=True)

    def close(self) -> None:
        """Disconnect."""
        self.owner.close()
        self.publisher.close()

    def forget(self) -> None:
        """Nothing was ever published and no account is known; people keep their sessions."""
        self.histories.clear()
        self.owner.execute(
            "truncate stats.stats, stats.account, stats.metric, stats.bank_daily, pipeline.publication,"
            " pipeline.run, pipeline.alert, pipeline.proven, pipeline.damage"
        )

    def person(self, *roles: str) -> Person:
        """Someone who has signed in."""
        row = self.owner.execute(
            "insert into users.user (id, data_key_id, name, email, phone, roles, approved_at)"
            " values (uuidv7(), uuidv7(), '', '', '', %s, now()) returning id",
            (list(roles),),
        ).fetchone()
        assert row is not None
        return Person(row[0], self._session(row[0], "bank"))

    def program_of(self, person: Person) -> Person:
        """A program with a token of that person."""
        return Person(person.user_id, self._session(person.user_id, "stats:read"))

    def end_sessions(self, person: Person) -> None:
        """Sign out everywhere."""
        self.owner.execute("delete from users.session where user_id = %s", (person.user_id,))

    def open_account(
        self, owner: Person | None = None, opened_at: datetime = OPENED, closed_at: datetime | None = None
    ) -> Account:
        """A checking account in EUR; the next publication tells the statistics of it."""
        row = self.owner.execute(
            "insert into accounts.account"
            " (number, type, currency, overdraft_limit, approved, opened_at, closed_at) values"
            " ((select (1000000000 + count(*))::text from accounts.account), 'checking', 'EUR', 1000000000,"
            " true, %s, %s) returning id",
            (opened_at, closed_at),
        ).fetchone()
        assert row is not None
        if owner is not None:
            self.own(owner, row[0])
        account = Account(row[0], opened_at, closed_at)
        self.histories[row[0]] = (account, [])
        return account

    def own(self, person: Person, account_id: UUID) -> None:
        """Make the person an owner of the account."""
        self.owner.execute(
            "insert into accounts.user_account (user_id, account_id) values (%s, %s)", (person.user_id, account_id)
        )

    def post(
        self, account: Account, amount: int, at: datetime, counterparty: str = "external:cash", memo: str = ""
    ) -> Transaction:
        """Money into the account (amount > 0) or out of it."""
        history = self.histories[account.account_id][1]
        sequence, own = len(history) + 1, str(account.account_id)
        source, destination = (counterparty, own) if amount > 0 else (own, counterparty)
        balance = sum(t.amount for t in history) + amount
        transfer_id = uuid4()
        self.owner.execute(
            "insert into accounts.transfer (id, kind, source, destination, amount, currency, memo, at)"
            " values (%s, 'transfer', %s, %s, %s, 'EUR', %s, %s)",
            (transfer_id, source, destination, abs(amount), memo, at),
        )
        self.owner.execute(
            "insert into accounts.transaction"
            " (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (transfer_id, account.account_id, counterparty, amount, balance, sequence, at),
        )
        history.append(Transaction(account.account_id, sequence, at, amount, counterparty))
        return history[-1]

    def publish(self, complete_through: datetime, zone: str = "UTC", run_id: str | None = None) -> str:
        """Publish all that happened before complete_through in one transaction; the run's id."""
        run_id = run_id or uuid4().hex
        with self.publisher.transaction():
            for table in ("stats", "account", "metric"):
                self.publisher.execute(f"delete from stats.{table}")
            for account, transactions in self.histories.values():
                self._publish_account(account, transactions, complete_through, zone)
            with self.publisher.cursor() as cursor:
                cursor.executemany(
                    "insert into stats.metric (name, label, definition, plain, unit, idle_rule, version, position,"
                    " periods) values (%s, %s, %s, %s, %s, %s, 1, %s, %s)",
                    [
                        (name, name.title(), f"What {name} is.", "In short.", unit, idle, position, list(PERIODS))
                        for position, (name, unit, idle) in enumerate(CATALOGUE, 1)
                    ],
                )
            self.publisher.execute(
                "insert into pipeline.publication (run_id, batch_id, complete_through, time_zone)"
                " values (%s, 1, %s, %s)",
                (run_id, complete_through, zone),
            )
        return run_id

    def publish_bank_days(self, *days: tuple[str, str]) -> None:
        """Days of the bank by currency."""
        for day, currency in days:
            self.publisher.execute(
                "insert into stats.bank_daily values (%s, %s, %s)", (day, currency, Jsonb(BANK_METRICS))
            )

    def run(
        self,
        run_id: str,
        outcome: str,
        started_at: datetime,
        proofs: Sequence[Mapping[str, Any]] = (),
        error: str | None = None,
    ) -> None:
        """A run of the pipeline, ended after a minute unless it is running."""
        finished_at = None if outcome == "running" else started_at + timedelta(minutes=1)
        self.publisher.execute(
            "insert into pipeline.run (run_id, kind, started_at, finished_at, outcome, proofs, error)"
            " values (%s, 'refresh', %s, %s, %s, %s, %s)",
            (run_id, started_at, finished_at, outcome, Jsonb(list(proofs)), error),
        )

    def _publish_account(
        self, account: Account, transactions: list[Transaction], complete_through: datetime, zone: str
    ) -> None:
        self.publisher.execute(
            "insert into stats.account values (%s, 'checking', 'EUR', %s, %s, 1)",
            (account.account_id, account.opened_at, account.closed_at),
        )
        with self.publisher.cursor() as cursor:
            cursor.executemany(
                "insert into stats.stats"
                " (account_id, type, period_start, period_end, metrics, basis, publication_id) values"
                " (%s, %s, %s, %s, %s, %s, 1)",
                [
                    (account.account_id, *row[:3], Jsonb(row.metrics), Jsonb(row.basis))
                    for row in mart_rows(account, transactions, ZoneInfo(zone), complete_through)
                ],
            )

    def _session(self, user_id: UUID, scope: str) -> dict[str, str]:
        row = self.owner.execute(
            "insert into users.session (user_id, scope, label, signing_key_id, idle_expires_at, expires_at) values"
            " (%s, %s, %s, 'test', now() + interval '1 day', now() + interval '1 day') returning id",
            (user_id, scope, "a program" if scope == "stats:read" else None),
        ).fetchone()
        assert row is not None
        return {"Authorization": f"Bearer {access_token(user_id, row[0], scope)}"}


def access_token(user_id: UUID, session_id: UUID, scope: str = "bank", **claims: Any) -> str:
    """A token as the users service signs it."""
    now = int(time.time())
    payload = {
        "iss": ISSUER,
        "aud": "tidemark",
        "sub": str(user_id),
        "sid": str(session_id),
        "scope": scope,
        "iat": now,
        "exp": now + 900,
        "jti": uuid4().hex,
        **claims,
    }
    return jwt.encode(payload, SIGNING_KEY, algorithm="RS256", headers={"typ": "at+jwt", "kid": "test"})
