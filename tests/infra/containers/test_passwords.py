"""Passwords that change while the pipeline runs: what connects next signs in with the new one."""

import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import psycopg
import pytest

from infra.containers.passwords import EVERY_S, Passwords
from infra.containers.settings import ContainerSettings
from infra.local.errors import LocalError
from tests.cluster import Databases
from tests.tls import Authority, tls_before

ROLE = "kept_app"


class Ended(Exception):
    """The loop was left."""


@pytest.fixture
def client(aws: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    return boto3.client("secretsmanager", region_name="eu-central-1")


@pytest.fixture
def settings(module_databases: Databases, tmp_path: Path) -> ContainerSettings:
    parts = urlsplit(module_databases.superuser_url())
    assert parts.port is not None
    return ContainerSettings(
        home=tmp_path,
        role_secrets=f"{uuid4().hex}/database/",
        database_host="127.0.0.1",
        database_port=parts.port,
    )


@pytest.fixture
def role(module_databases: Databases) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_databases.superuser_url(), autocommit=True) as administrator:
        administrator.execute(f"create role {ROLE} login password 'first'")
        administrator.execute(f'grant connect on database "{administrator.info.dbname}" to {ROLE}')
        yield administrator
        administrator.execute(f"drop owned by {ROLE}")
        administrator.execute(f"drop role {ROLE}")


def secret(client: Any, settings: ContainerSettings, role: str, password: str) -> None:
    content = json.dumps({"username": role, "password": password, "dbname": "bank"})
    try:
        client.create_secret(Name=settings.role_secrets + role, SecretString=content)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=settings.role_secrets + role, SecretString=content)


class TestEnsure:
    def test_an_empty_secret_gets_a_password_once(self, client: Any, settings: ContainerSettings) -> None:
        client.create_secret(Name=f"{settings.role_secrets}dagster")
        passwords = Passwords(settings, client)
        made = passwords.ensure(["dagster"])
        assert len(made["dagster"]) == 40
        assert passwords.ensure(["dagster"]) == passwords.read(["dagster"]) == made
        kept = client.get_secret_value(SecretId=f"{settings.role_secrets}dagster")["SecretString"]
        assert json.loads(kept) == {"username": "dagster", "password": made["dagster"], "dbname": "dagster"}


class TestRead:
    def test_a_secret_that_is_empty_or_away_says_what_to_do(
        self, client: Any, settings: ContainerSettings
    ) -> None:
        with pytest.raises(LocalError, match=rf"{settings.role_secrets}dagster has no value yet.*`prepare`"):
            Passwords(settings, client).read(["dagster"])

    def test_a_secret_of_another_form_is_not_quoted(self, client: Any, settings: ContainerSettings) -> None:
        client.create_secret(Name=f"{settings.role_secrets}dagster", SecretString="hunter2")
        with pytest.raises(LocalError) as refused:
            Passwords(settings, client).read(["dagster"])
        assert "hunter2" not in str(refused.value)
        assert refused.value.__cause__ is None

    def test_a_service_that_does_not_answer(
        self, client: Any, settings: ContainerSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        with pytest.raises(LocalError, match="can't be had"):
            Passwords(settings).read(["dagster"])


class TestWrite:
    def test_nobody_else_may_read_them(self, client: Any, settings: ContainerSettings) -> None:
        secret(client, settings, "dagster", "one")
        Passwords(settings, client).write(["dagster"])
        assert stat.S_IMODE(settings.password_file.stat().st_mode) == 0o600

    @pytest.mark.parametrize("password", ["a:b", "back\\slash", "both:\\:", "plain"])
    def test_libpq_reads_what_was_meant(
        self, client: Any, settings: ContainerSettings, role: psycopg.Connection, password: str
    ) -> None:
        role.execute(f"alter role {ROLE} password '{password}'")
        secret(client, settings, ROLE, password)
        Passwords(settings, client).write([ROLE])
        with connect(settings, role.info.dbname):
            pass


class TestKeep:
    def test_the_next_connection_has_the_new_password_and_the_old_one_lives(
        self, client: Any, settings: ContainerSettings, role: psycopg.Connection
    ) -> None:
        secret(client, settings, ROLE, "first")
        slept: list[float] = []
        connections: list[psycopg.Connection] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            connections.append(connect(settings, role.info.dbname))
            if len(slept) == 2:
                raise Ended
            role.execute(f"alter role {ROLE} password 'second'")
            secret(client, settings, ROLE, "second")

        with pytest.raises(Ended):
            Passwords(settings, client).keep([ROLE], print, sleep)
        assert slept == [EVERY_S, EVERY_S]
        assert [each.execute("select current_user").fetchone() for each in connections] == [(ROLE,)] * 2
        for each in connections:
            each.close()

    def test_while_they_can_not_be_had_the_old_ones_stay(self, client: Any, settings: ContainerSettings) -> None:
        secret(client, settings, "dagster", "one")
        told: list[str] = []

        def sleep(_: float) -> None:
            if told:
                raise Ended
            client.delete_secret(SecretId=f"{settings.role_secrets}dagster", ForceDeleteWithoutRecovery=True)

        with pytest.raises(Ended):
            Passwords(settings, client).keep(["dagster"], told.append, sleep)
        assert "dagster" in told[0]
        assert settings.password_file.read_text().endswith(":dagster:one\n")


class TestCertificate:
    def test_it_is_checked_when_one_is_named(
        self, client: Any, settings: ContainerSettings, role: psycopg.Connection, tmp_path: Path
    ) -> None:
        secret(client, settings, ROLE, "first")
        ours, another = Authority.make("ours"), Authority.make("another")
        with tls_before(settings.database_port, ours.certify("127.0.0.1", tmp_path)) as port:
            for authority, is_taken in ((ours, True), (another, False)):
                told = replace(settings, database_port=port, database_ca=authority.pem)
                Passwords(told, client).write([ROLE])
                if is_taken:
                    connect(told, role.info.dbname).close()
                else:
                    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
                        connect(told, role.info.dbname)

    def test_without_one_nothing_is_asked_for(self, settings: ContainerSettings) -> None:
        assert settings.connecting == {"PGPASSFILE": str(settings.password_file)}


def connect(settings: ContainerSettings, database: str) -> psycopg.Connection:
    """As a process of the pipeline does: its URL has no password, its environment the rest."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.connecting.items():
            patch.setenv(name, value)
        return psycopg.connect(f"{settings.server}/{database}", user=ROLE, autocommit=True)
