"""Passwords that no setting holds: from Secrets Manager, while they rotate, and as tokens for IAM."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import boto3
import psycopg
import pytest
from psycopg import sql

from api.shared.credentials import make_credentials
from api.shared.database import AsyncEngine, text
from api.shared.errors import Unavailable
from api.shared.settings import ServiceSettings
from tests.tls import Authority, tls_before

SECRET = "tidemark/database/stats"
ROLE = "someone_app"
# Whom the certificate is for, whether its authority is the one that is trusted, and whether that will do.
CERTIFICATES = [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("127.0.0.9", True, False)]
WHO = text("select current_user")
END = f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '{ROLE}'"


@pytest.fixture(autouse=True)
def aws_environment(aws: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def role(database: psycopg.Connection) -> Iterator[None]:
    database.execute(f"create role {ROLE} login password 'first'")
    connect = sql.SQL("{} connect on database {} {} {}")
    name = sql.Identifier(database.info.dbname)
    database.execute(connect.format(sql.SQL("grant"), name, sql.SQL("to"), sql.Identifier(ROLE)))
    yield
    database.execute(END)
    database.execute(connect.format(sql.SQL("revoke"), name, sql.SQL("from"), sql.Identifier(ROLE)))
    database.execute(f"drop role {ROLE}")


@pytest.fixture
def secrets_manager() -> Iterator[Any]:
    client = boto3.client("secretsmanager", region_name="eu-central-1")
    client.create_secret(Name=SECRET, SecretString=json.dumps({"username": ROLE, "password": "first"}))
    yield client
    client.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def on_aws(settings: ServiceSettings) -> ServiceSettings:
    """Settings without a password, and without a user."""
    parts = urlsplit(settings.database_url)
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return replace(settings, database_url=url, database_secret_id=SECRET)


class TestSecretsManager:
    def test_a_password_that_changes_while_the_service_runs(
        self, on_aws: ServiceSettings, secrets_manager: Any, role: None, database: psycopg.Connection
    ) -> None:
        async def connect_before_and_after() -> list[Any]:
            engine = AsyncEngine(on_aws)
            seen = [await engine.row(WHO, {})]
            database.execute(f"alter role {ROLE} password 'second'")
            body = json.dumps({"username": ROLE, "password": "second"})
            secrets_manager.put_secret_value(SecretId=SECRET, SecretString=body)
            database.execute(END)
            seen.append(await engine.row(WHO, {}))
            await engine.dispose()
            return seen

        assert asyncio.run(connect_before_and_after()) == [(ROLE,), (ROLE,)]

    @pytest.mark.parametrize("secret", ["no JSON: hunter2", '{"password": 1}', "[]"])
    def test_a_secret_of_another_form_is_not_quoted(
        self, on_aws: ServiceSettings, secrets_manager: Any, secret: str
    ) -> None:
        secrets_manager.put_secret_value(SecretId=SECRET, SecretString=secret)
        with pytest.raises(Unavailable) as caught:
            asyncio.run(AsyncEngine(on_aws).row(WHO, {}))
        assert "hunter2" not in caught.value.detail
        assert caught.value.__cause__ is None

    def test_a_service_that_does_not_answer(
        self, on_aws: ServiceSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        with pytest.raises(Unavailable):
            asyncio.run(AsyncEngine(on_aws).row(WHO, {}))


class TestCertificate:
    """Of the database: its own, and not that of somebody in between."""

    @pytest.mark.parametrize(("address", "is_ours", "is_taken"), CERTIFICATES)
    def test_it_must_come_from_the_authority_and_be_for_this_host(
        self, settings: ServiceSettings, tmp_path: Path, address: str, is_ours: bool, is_taken: bool
    ) -> None:
        ours, another = Authority.make("ours"), Authority.make("another")
        ca = tmp_path / "ca.pem"
        ca.write_text((ours if is_ours else another).pem)
        parts = urlsplit(settings.database_url)
        assert parts.port is not None

        async def who() -> Any:
            user = parts.netloc.rpartition("@")[0]
            url = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
            engine = AsyncEngine(replace(settings, database_url=url, database_ca_file=ca))
            try:
                return await engine.row(WHO, {})
            finally:
                await engine.dispose()

        with tls_before(parts.port, ours.certify(address, tmp_path)) as port:
            if is_taken:
                assert asyncio.run(who()) is not None
            else:
                with pytest.raises(Unavailable):
                    asyncio.run(who())


class TestIam:
    def test_a_token_for_this_host_port_and_user(self, settings: ServiceSettings) -> None:
        own = replace(settings, database_url="postgresql://stats_app@db.example:5433/bank", database_iam=True)
        given = asyncio.run(make_credentials(own).parameters())
        assert given["sslmode"] == "require"
        token = urlsplit(f"https://{given['password']}")
        assert (token.hostname, token.port) == ("db.example", 5433)
        query = parse_qs(token.query)
        assert (query["Action"], query["DBUser"]) == (["connect"], ["stats_app"])
        assert query["X-Amz-Expires"] == ["900"]
        assert query["X-Amz-Credential"][0].endswith("/eu-central-1/rds-db/aws4_request")

    def test_is_what_boto3_makes(self, settings: ServiceSettings) -> None:
        own = replace(settings, database_url="postgresql://stats_app@db.example/bank", database_iam=True)
        ours = asyncio.run(make_credentials(own).parameters())["password"]
        theirs = boto3.client("rds", region_name="eu-central-1").generate_db_auth_token(
            "db.example", 5432, "stats_app"
        )

        def what_is_signed(token: str) -> dict[str, Any]:
            query = parse_qs(urlsplit(f"https://{token}").query)
            return {name: value for name, value in query.items() if name not in ("X-Amz-Date", "X-Amz-Signature")}

        assert what_is_signed(ours) == what_is_signed(theirs)

    def test_no_credentials_to_sign_with(self, settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        with pytest.raises(Unavailable):
            asyncio.run(make_credentials(replace(settings, database_iam=True)).parameters())
