"""What is encrypted stays bound to its place, and unreadable once its key is gone."""

import base64
import logging
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.shared.settings import SettingsError
from api.users.app import create_app
from api.users.crypto import fields
from api.users.crypto.data_keys import DataKey
from api.users.crypto.fields import Unreadable
from api.users.settings import UsersSettings
from infra.local.postgres import BIN
from tests.cluster import Databases
from tests.users.conftest import MakeClient
from tests.users.people import PASSWORD, Person, code

TABLES = {"keys": "tidemark-data-keys", "identity": "tidemark-identity"}


def dynamodb() -> Any:
    return boto3.client("dynamodb", region_name="eu-central-1")


def item(table: str, user_id: str) -> dict[str, Any]:
    return dynamodb().get_item(TableName=TABLES[table], Key={"user_id": {"S": user_id}})["Item"]


def put(table: str, content: dict[str, Any]) -> None:
    dynamodb().put_item(TableName=TABLES[table], Item=content)


@contextmanager
def an_alarm(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.clear()
    with caplog.at_level(logging.ERROR, "tidemark.security"):
        yield
    alarms = [record for record in caplog.records if record.name == "tidemark.security"]
    assert alarms
    assert all(record.fields["alarm"] for record in alarms)  # type: ignore[attr-defined]


class TestStoredRow:
    def test_holds_nothing_readable(self, person: Person, database: psycopg.Connection) -> None:
        row = database.execute("select u::text from users.user as u where id = %s", (person.user_id,)).fetchone()
        assert row is not None
        for secret in (person.email, person.name, person.phone, PASSWORD):
            for form in (secret, secret.encode().hex(), base64.b64encode(secret.encode()).decode()):
                assert form not in row[0]

    def test_the_same_text_is_never_the_same_ciphertext(
        self, person: Person, database: psycopg.Connection
    ) -> None:
        def stored() -> Any:
            return database.execute("select name from users.user where id = %s", (person.user_id,)).fetchone()

        before = stored()
        person.call("PUT", "/user/update", json={"current_password": PASSWORD, "name": person.name})
        assert stored() != before


class TestMovedCiphertext:
    @pytest.fixture
    def fresh(self, make_client: MakeClient) -> TestClient[Litestar]:
        """An instance that has unwrapped no key yet."""
        return make_client()

    def test_into_another_column(
        self, person: Person, database: psycopg.Connection, caplog: pytest.LogCaptureFixture
    ) -> None:
        database.execute("update users.user set name = email where id = %s", (person.user_id,))
        with an_alarm(caplog):
            answer = person.call("GET", "/user/me")
        assert code(answer) == (500, "internal_error")
        assert person.email not in answer.text

    @pytest.mark.parametrize("with_key_id", [False, True])
    def test_into_another_row(
        self,
        person: Person,
        database: psycopg.Connection,
        caplog: pytest.LogCaptureFixture,
        with_key_id: bool,
    ) -> None:
        victim = Person(person.client, name="Vic Tim").sign_up()
        columns = "name, email, phone" + (", data_key_id" if with_key_id else "")
        database.execute(
            f"update users.user set ({columns}) = (select {columns} from users.user where id = %s) where id = %s",
            (victim.user_id, person.user_id),
        )
        with an_alarm(caplog):
            answer = person.call("GET", "/user/me")
        assert code(answer) == (500, "internal_error")
        assert victim.email not in answer.text

    def test_a_data_key_given_to_another_user(
        self, person: Person, database: psycopg.Connection, caplog: pytest.LogCaptureFixture
    ) -> None:
        victim = Person(person.client).sign_up()
        put("keys", item("keys", victim.user_id) | {"user_id": {"S": person.user_id}})
        with an_alarm(caplog):
            assert code(person.call("GET", "/user/me")) == (500, "internal_error")

    def test_a_photo_of_another_user(
        self, person: Person, staff: Person, caplog: pytest.LogCaptureFixture
    ) -> None:
        victim = Person(person.client).sign_up()
        for someone in (person, victim):
            someone.send_photo()
        put("identity", item("identity", person.user_id) | {"photo": item("identity", victim.user_id)["photo"]})
        with an_alarm(caplog):
            answer = staff.call("GET", f"/user/review/{person.user_id}/photo")
        assert code(answer) == (500, "internal_error")

    @pytest.mark.parametrize(("table", "column"), [("signing_key", "private_key"), ("index_key", "wrapped")])
    def test_a_key_of_the_bank_under_another_id(
        self,
        fresh: TestClient[Litestar],
        person: Person,
        database: psycopg.Connection,
        caplog: pytest.LogCaptureFixture,
        table: str,
        column: str,
    ) -> None:
        other = {"signing_key": "index_key", "index_key": "signing_key"}[table]
        other_column = {"private_key": "wrapped", "wrapped": "private_key"}[column]
        kept = database.execute(f"select id, {column} from users.{table}").fetchone()
        assert kept is not None
        database.execute(f"update users.{table} set {column} = (select {other_column} from users.{other})")
        try:
            with an_alarm(caplog):
                answer = fresh.post("/user/login", json={"email": person.email, "password": PASSWORD})
        finally:
            database.execute(f"update users.{table} set {column} = %s where id = %s", (kept[1], kept[0]))
        assert code(answer) == (500, "internal_error")

    def test_every_part_of_the_place_counts(self) -> None:
        key = DataKey(uuid4(), uuid4(), b"k" * 32)
        sealed = fields.encrypt(key, "t", "c", b"plain")
        assert fields.decrypt(key, "t", "c", sealed) == b"plain"
        for other_key, table, column, other in (
            (key, "u", "c", sealed),
            (key, "t", "d", sealed),
            (replace(key, user_id=uuid4()), "t", "c", sealed),
            (replace(key, id=uuid4()), "t", "c", sealed),
            (replace(key, secret=b"l" * 32), "t", "c", sealed),
            (key, "t", "c", sealed[:-1]),
            (key, "t", "c", sealed[:-1] + bytes([sealed[-1] ^ 1])),
            (key, "t", "c", b""),
        ):
            with pytest.raises(Unreadable):
                fields.decrypt(other_key, table, column, other)


def dump(source: Databases) -> bytes:
    """An SQL backup of the users service's schema."""
    command = [str(BIN / "pg_dump"), "--schema=users", source.superuser_url()]
    return subprocess.run(command, check=True, capture_output=True).stdout


def restore(backup: bytes, target: Databases) -> None:
    command = [str(BIN / "psql"), "--quiet", "--set=ON_ERROR_STOP=1", target.superuser_url()]
    subprocess.run(command, check=True, input=backup, stdout=subprocess.DEVNULL)


class TestRestoredBackup:
    @pytest.fixture
    def restored(
        self,
        person: Person,
        staff: Person,
        settings: UsersSettings,
        module_databases: Databases,
        empty_databases: Databases,
    ) -> Iterator[TestClient[Litestar]]:
        """The service on a backup of its database in which the person is not deleted yet."""
        person.send_photo()
        photo = item("identity", person.user_id)
        backup = dump(module_databases)
        answer = person.call("DELETE", "/user/delete", json={"current_password": PASSWORD})
        assert answer.status_code == 204
        restore(backup, empty_databases)
        put("identity", photo)
        on_backup = replace(settings, database_url=empty_databases.url("users_app"))
        with TestClient(create_app(on_backup), raise_server_exceptions=False) as client:
            yield client

    def test_of_a_deleted_user_stays_unreadable(
        self, restored: TestClient[Litestar], person: Person, staff: Person, caplog: pytest.LogCaptureFixture
    ) -> None:
        person.client = staff.client = restored
        # The backup is whole: who was not deleted is readable, and who was can even sign in.
        assert staff.sign_in().call("GET", "/user/me").json()["email"] == staff.email
        person.sign_in()
        with an_alarm(caplog):
            answer = person.call("GET", "/user/me")
        assert code(answer) == (500, "internal_error")
        assert person.email not in answer.text
        with an_alarm(caplog):
            answer = staff.call("GET", f"/user/review/{person.user_id}/photo")
        assert code(answer) == (500, "internal_error")
        with an_alarm(caplog):
            listed = staff.call("GET", "/user/review?limit=1000").json()["items"]
        assert person.user_id not in {entry["user_id"] for entry in listed}


class TestSettings:
    @pytest.mark.parametrize("keys", [{}, {"master_key_file": Path("a"), "kms_key_id": "b"}])
    def test_exactly_one_master_key_is_needed(self, keys: dict[str, Any]) -> None:
        with pytest.raises(SettingsError, match="TIDEMARK_MASTER_KEY_FILE and TIDEMARK_KMS_KEY_ID"):
            UsersSettings(database_url="postgresql://x", gateway_url="http://x", issuer="x", **keys)

    def test_hashing_is_by_default_what_owasp_asks(self) -> None:
        settings = UsersSettings(database_url="x", gateway_url="x", issuer="x", master_key_file=Path("x"))
        assert (settings.hash_memory_kib, settings.hash_rounds) == (19_456, 2)

    def test_secrets_stay_out_of_its_repr(self) -> None:
        settings = UsersSettings(
            database_url="x",
            gateway_url="x",
            issuer="x",
            master_key_file=Path("x"),
            edge_secret="s3",
            app_secret="s4",
        )
        assert "s3" not in repr(settings)
        assert "s4" not in repr(settings)
        assert b"k" * 32 not in repr(DataKey(UUID(int=1), UUID(int=2), b"k" * 32)).encode()


@pytest.fixture(scope="module", autouse=True)
def _module_client(client: TestClient[Litestar]) -> None:
    """Started before any test captures the log."""
