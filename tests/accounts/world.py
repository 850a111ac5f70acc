"""A small bank for the accounts service: people with sessions, their accounts, the service and its database."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric import rsa
from litestar.testing import TestClient

from tests.accounts.users_double import UsersDouble
from tests.cluster import Databases

ISSUER = "http://bank.test"
AUDIENCE = "tidemark"
SIGNING_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


async def key_source() -> dict[str, Any]:
    """The public key of these tests, as the gateway would give it."""
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(SIGNING_KEY.public_key(), as_dict=True)
    return {"keys": [{**jwk, "kid": "test", "use": "sig"}]}


def access_token(user_id: UUID, session_id: UUID, scope: str) -> str:
    """A token as the users service signs it."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "scope": scope,
    }
    claims |= {"iat": now, "exp": now + 900, "jti": uuid4().hex}
    return jwt.encode(claims, SIGNING_KEY, algorithm="RS256", headers={"kid": "test", "typ": "at+jwt"})


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which is a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:tidemark:error:{document['code']}"
    return answer.status_code, document["code"]


@dataclass
class World:
    """Sessions are a table of the test's own in place of the users service's view."""

    databases: Databases
    client: TestClient[Any]
    users: UsersDouble
    root: psycopg.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.root = psycopg.connect(self.databases.superuser_url(), autocommit=True)

    def close(self) -> None:
        """Disconnect."""
        self.root.close()

    def person(self, *, approved: bool = True, roles: Iterable[str] = (), scope: str = "bank") -> "Person":
        """Someone who has signed in."""
        user_id, session_id = uuid4(), uuid4()
        self.root.execute(
            "insert into users.live_session values (%s, %s, %s, %s, %s, now() + interval '1 hour')",
            (session_id, user_id, list(roles), scope, approved),
        )
        self.root.execute("insert into users.present_user values (%s)", (user_id,))
        token = access_token(user_id, session_id, scope)
        self.users.me[token] = {"user_id": str(user_id), "approved": approved, "name": "Ada"}
        return Person(self, user_id, session_id, token)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query as the superuser."""
        return self.root.execute(query, parameters).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        """The only value of a query as the superuser."""
        ((value,),) = self.rows(query, *parameters)
        return value

    def wait_until_someone_waits(self, sessions: int = 1) -> None:
        """Until so many sessions of this bank wait for a lock."""
        deadline = time.monotonic() + 10
        query = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
        while self.value(query) < sessions:
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.005)

    def ledger_hash(self) -> str:
        """A digest of all that the ledger holds."""
        return self.value(
            "select md5(string_agg(row, '' order by row)) from ("
            " select a::text as row from accounts.account a union all select t::text from accounts.transfer t"
            " union all select e::text from accounts.transaction e"
            " union all select r::text from accounts.request r) rows"
        )

    def leave(self, user_id: UUID, *, is_leaving: bool = True) -> None:
        """What the users service notes when it begins to delete a user, or gives it up."""
        self.root.execute(
            "update users.present_user set is_leaving = %s where user_id = %s", (is_leaving, user_id)
        )


@dataclass
class Person:
    """A caller with a token."""

    world: World
    user_id: UUID
    session_id: UUID
    token: str

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request with the person's token."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.world.client.request(method, path, headers=headers, **options)

    def done(self, method: str, path: str, status: int, **options: Any) -> Any:
        """The JSON of a request that must end with `status`."""
        answer = self.call(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Status and code of a request that must be refused."""
        return problem(self.call(method, path, **options))

    def open(self, currency: str = "EUR", type_: str = "checking", deposit: int = 0) -> dict[str, Any]:
        """A new account, with money if asked."""
        account = self.done("POST", "/account/create", 201, json={"type": type_, "currency": currency})
        if deposit:
            self.deposit(account, deposit)
        return account

    def share(self, account: dict[str, Any], other: "Person") -> None:
        """Invite another person, who accepts."""
        path = f"/account/{account['account_id']}/owner"
        self.done("POST", path, 201, json={"user_id": str(other.user_id)})
        other.done("POST", f"{path}/accept", 200)

    def deposit(self, account: dict[str, Any], amount: int, **options: Any) -> dict[str, Any]:
        """Cash into an account."""
        path = f"/account/{account['account_id']}/deposit"
        return self.done("POST", path, 201, json={"amount": amount, "source": "external:cash"}, **options)

    def transfer(self, source: dict[str, Any], destination: Any, amount: Any, **options: Any) -> httpx.Response:
        """Ask for a transfer; `destination` is an account, an id or a number."""
        to = destination["account_id"] if isinstance(destination, dict) else destination
        body = {"from": source["account_id"], "to": to, "amount": amount, **options.pop("body", {})}
        return self.call("POST", "/account/transfer", json=body, **options)

    def total(self, account: dict[str, Any]) -> int:
        """The balance now."""
        return self.done("GET", f"/account/{account['account_id']}", 200)["total"]
