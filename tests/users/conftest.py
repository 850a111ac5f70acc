"""The users service against a real Postgres and an emulated DynamoDB; accounts is played by a small server."""

import base64
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from litestar import Litestar
from litestar.testing import TestClient

from api.users.app import create_app
from api.users.crypto.data_keys import create_tables
from api.users.crypto.master_key import KeyFile
from api.users.crypto.signing import signing_key_context
from api.users.settings import UsersSettings
from tests.cluster import Databases
from tests.users.accounts_double import AccountsDouble
from tests.users.people import Person

MakeClient = Callable[[], TestClient[Litestar]]
Sign = Callable[..., str]
EndWhileWaiting = Callable[..., httpx.Response]


@pytest.fixture(scope="session", autouse=True)
def aws_environment(aws: Mapping[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def master_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "master-key.json"
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    path.touch(mode=0o600)
    path.write_text(json.dumps({"current": "first", "keys": {"first": key}}))
    return path


@pytest.fixture(scope="module")
def accounts() -> Iterator[AccountsDouble]:
    with AccountsDouble() as double:
        yield double


@pytest.fixture(autouse=True)
def accounts_answer_well(accounts: AccountsDouble) -> None:
    accounts.reset()


@pytest.fixture(scope="module")
def no_data_keys(module_databases: Databases) -> None:
    """The emulator outlives the database: keys that other tests left are wrapped by a master key that is gone."""
    boto3.client("dynamodb", region_name="eu-central-1").delete_table(TableName="tidemark-data-keys")
    create_tables(["tidemark-data-keys"])


@pytest.fixture(scope="module")
def settings(
    module_databases: Databases, master_key_file: Path, accounts: AccountsDouble, no_data_keys: None
) -> UsersSettings:
    return UsersSettings(
        database_url=module_databases.url("users_app"),
        gateway_url=accounts.url,
        issuer="http://bank.test",
        master_key_file=master_key_file,
        edge_secret="the edge's secret",
        app_secret="the app's secret",
        hash_memory_kib=64,
        hash_rounds=1,
        hash_workers=2,
        hash_percent=100,
        pool_size=5,
    )


@pytest.fixture(scope="module")
def make_client(settings: UsersSettings) -> Iterator[MakeClient]:
    """Starts further instances of the service."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(TestClient(create_app(settings), raise_server_exceptions=False))


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> TestClient[Litestar]:
    return make_client()


@pytest.fixture(scope="module")
def database(module_databases: Databases) -> Iterator[psycopg.Connection]:
    """The bank's database as superuser, each statement committed."""
    with psycopg.connect(module_databases.superuser_url(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def person(client: TestClient[Litestar]) -> Person:
    """A user of their own for each test, signed in."""
    return Person(client).sign_up()


@pytest.fixture
def staff(client: TestClient[Litestar], database: psycopg.Connection) -> Person:
    """A signed-in member of staff."""
    member = Person(client, name="Rita Review").sign_up()
    database.execute(
        "update users.user set roles = '{staff}', approved_at = now() where id = %s", (member.user_id,)
    )
    return member


@pytest.fixture
def sign(database: psycopg.Connection, master_key_file: Path, client: TestClient[Litestar]) -> Sign:
    """Makes tokens with the bank's own key, from a genuine one's claims and whatever differs."""

    def sign(token: str, *, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        kid = jwt.get_unverified_header(token)["kid"]
        row = database.execute(
            "select master_key_id, private_key from users.signing_key where id = %s", (kid,)
        ).fetchone()
        assert row is not None
        private = load_der_private_key(
            KeyFile(master_key_file).unwrap(row[0], row[1], signing_key_context(kid)), None
        )
        assert isinstance(private, RSAPrivateKey)
        payload = jwt.decode(token, options={"verify_signature": False}) | claims
        headers = {"typ": "at+jwt", "alg": "RS256", "kid": kid, **(header or {})}
        return jwt.encode(
            {name: value for name, value in payload.items() if value is not None},
            private if key is None else key,
            algorithm=headers["alg"],
            headers=headers,
        )

    return sign


@pytest.fixture
def end_while_waiting(module_databases: Databases, database: psycopg.Connection) -> EndWhileWaiting:
    """Gives the answer to a call that waited for a user's row while all sessions of who asks were ended."""

    def end(person: Person, ask: Callable[[], httpx.Response], asker: Person | None = None) -> httpx.Response:
        with ThreadPoolExecutor(1) as pool, psycopg.connect(module_databases.superuser_url()) as other:
            other.execute("select from users.user where id = %s for update", (person.user_id,))
            answer = pool.submit(ask)
            wait_until_blocked(database, other, answer)
            other.execute("delete from users.session where user_id = %s", ((asker or person).user_id,))
            other.commit()
            return answer.result()

    return end


def wait_until_blocked(database: psycopg.Connection, by: psycopg.Connection, asked: Future[Any]) -> None:
    """Until someone waits for what `by` holds, or `asked` is done without."""
    query = "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    while database.execute(query, (by.info.backend_pid,)).fetchone() == (0,) and not asked.done():
        time.sleep(0.01)


@pytest.fixture
def environment(settings: UsersSettings, module_databases: Databases) -> dict[str, str]:
    """What a process of this service gets."""
    return {
        **os.environ,
        "TIDEMARK_DATABASE_URL": settings.database_url,
        "TIDEMARK_MIGRATION_URL": module_databases.url("users_owner"),
        "TIDEMARK_GATEWAY_URL": settings.gateway_url,
        "TIDEMARK_ISSUER": settings.issuer,
        "TIDEMARK_MASTER_KEY_FILE": str(settings.master_key_file),
        "TIDEMARK_HASH_MEMORY_KIB": "64",
        "TIDEMARK_HASH_ROUNDS": "1",
    }
