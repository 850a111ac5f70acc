"""The three services as archives, run by the runtime client behind a small API Gateway, on a real Postgres."""

import base64
import functools
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from infra.local.services import SERVICES
from tests.cluster import Databases
from tests.e2e.people import Person
from tests.lambdas.archives import Runtime, Unpacked, runtime, unpacked
from tests.lambdas.gateway import Fleet, Gateway
from tests.lambdas.runtime_api import LambdaFunction
from tests.stalling import StallingProxy, stalling_proxy

Start = Callable[..., LambdaFunction]


@pytest.fixture(scope="session")
def lambda_runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    try:
        return runtime(tmp_path_factory.mktemp("runtime"))
    except LookupError as error:
        if "CI" in os.environ:
            raise
        pytest.skip(f"no archive runs here: {error}")


@pytest.fixture(scope="session")
def archives(lambda_runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Unpacked]:
    folder = tmp_path_factory.mktemp("archives")
    return {service: unpacked(service, lambda_runtime.target, folder) for service in SERVICES}


@pytest.fixture(scope="module")
def master_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "master-key.json"
    path.touch(mode=0o600)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    path.write_text(json.dumps({"current": "first", "keys": {"first": key}}))
    return path


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    yield made
    made.close()


@pytest.fixture(scope="module")
def start(
    archives: Mapping[str, Unpacked],
    lambda_runtime: Runtime,
    module_databases: Databases,
    gateway: Gateway,
    master_key_file: Path,
    aws: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Start:
    """Starts one instance of a service; settings in capitals (without prefix) add to the usual ones."""
    logs = tmp_path_factory.mktemp("logs")

    def start(service: str, **settings: str) -> LambdaFunction:
        own = {
            "DATABASE_URL": module_databases.url(f"{service}_app"),
            "GATEWAY_URL": gateway.url,
            "ISSUER": gateway.url,
            "MASTER_KEY_FILE": str(master_key_file),
            "HASH_MEMORY_KIB": "64",
            "HASH_ROUNDS": "1",
            "HASH_PERCENT": "100",
            "POOL_SIZE": "1",
            "PREPARED_STATEMENTS": "false",
            **settings,
        }
        return LambdaFunction(
            lambda_runtime.python,
            lambda_runtime.client,
            archives[service].root,
            f"api.{service}.handler.handler",
            {**aws, **{f"TIDEMARK_{name}": value for name, value in own.items()}},
            logs / f"{service}.log",
        )

    return start


@pytest.fixture(scope="module")
def bank(gateway: Gateway, start: Start) -> Gateway:
    """The whole API."""
    gateway.fleets = {service: Fleet(functools.partial(start, service)) for service in SERVICES}
    return gateway


@pytest.fixture(scope="module")
def database(module_databases: Databases) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_databases.superuser_url(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def customer(bank: Gateway, database: psycopg.Connection) -> Person:
    """Someone who is approved."""
    person = Person(bank.url).sign_up()
    database.execute("update users.user set approved_at = now() where id = %s", (person.user_id,))
    return person


@pytest.fixture
def proxy(module_databases: Databases) -> Iterator[StallingProxy]:
    """A way to the database that can become a black hole."""
    port = urlsplit(module_databases.server_url).port
    assert port
    with stalling_proxy(port) as made:
        yield made
