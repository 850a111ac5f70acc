"""What is encrypted stays bound to its place, and unreadable once its key is gone."""

import base64
import json
import logging
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
from api.users.crypto.master_key import KeyFile, KmsKey, UnwrapError
from api.users.settings import UsersSettings
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

    def test_every_part_of_the_place_counts(self) -> None:
        key = DataKey(uuid4(), uuid4(), b"k" * 32)
        sealed = fields.encrypt(key, "t", "c", b"plain")
        assert fields.decrypt(key, "t", "c", sealed) == b"plain"
        assert len(sealed) == len(b"plain") + fields.OVERHEAD_BYTES
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


class TestRestoredBackup:
    def test_of_a_deleted_user_stays_unreadable(
        self, person: Person, staff: Person, database: psycopg.Connection, caplog: pytest.LogCaptureFixture
    ) -> None:
        person.send_photo()
        photo = item("identity", person.user_id)
        columns = (
            "data_key_id, name, email, phone, password_hash, deleted_at,"
            " photo_status, photo_version, photo_submitted_at"
        )
        database.execute(
            f"create table public.backup as select {columns} from users.user where id = %s", (person.user_id,)
        )
        database.execute(
            "create table public.digests as select * from users.email_digest where user_id = %s", (person.user_id,)
        )
        answer = person.call("DELETE", "/user/delete", json={"current_password": PASSWORD})
        assert answer.status_code == 204
        database.execute(
            f"update users.user set ({columns}) = (select {columns} from public.backup) where id = %s",
            (person.user_id,),
        )
        database.execute("insert into users.email_digest select * from public.digests")
        database.execute("drop table public.backup, public.digests")
        put("identity", photo)
        person.sign_in()
        with an_alarm(caplog):
            answer = person.call("GET", "/user/me")
        assert code(answer) == (500, "internal_error")
        assert person.email not in answer.text
        with an_alarm(caplog):
            answer = staff.call("GET", f"/user/review/{person.user_id}/photo")
        assert code(answer) == (500, "internal_error")
        listed = staff.call("GET", "/user/review?limit=1000").json()["items"]
        assert person.user_id not in {entry["user_id"] for entry in listed}


def write(path: Path, content: Any, mode: int = 0o600) -> Path:
    path.touch(mode=mode)
    path.chmod(mode)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


KEY = base64.b64encode(b"k" * 32).decode()
GOOD = {"current": "a", "keys": {"a": KEY}}


class TestKeyFile:
    def test_wraps_and_unwraps_in_its_context(self, tmp_path: Path) -> None:
        master = KeyFile(write(tmp_path / "key.json", GOOD))
        key_id, wrapped = master.wrap(b"secret", {"user": "1"})
        assert (key_id, b"secret" in wrapped) == ("a", False)
        assert master.unwrap("a", wrapped, {"user": "1"}) == b"secret"
        for other_id, other, context in (
            ("b", wrapped, {"user": "1"}),
            ("a", wrapped, {"user": "2"}),
            ("a", wrapped[:-1], {"user": "1"}),
            ("a", b"", {"user": "1"}),
        ):
            with pytest.raises(UnwrapError):
                master.unwrap(other_id, other, context)

    def test_rotation_reaches_a_running_process(self, tmp_path: Path) -> None:
        path = write(tmp_path / "key.json", GOOD)
        running, rotating = KeyFile(path), KeyFile(path)
        _, before = running.wrap(b"secret", {})
        new_id = rotating.rotate()
        assert path.stat().st_mode & 0o777 == 0o600
        assert [entry.name for entry in tmp_path.iterdir()] == ["key.json"]
        assert running.current_id() == new_id != "a"
        assert running.unwrap("a", before, {}) == b"secret"
        assert rotating.unwrap(*running.wrap(b"other", {}), {}) == b"other"

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
    def test_that_others_may_read_is_refused(self, tmp_path: Path, mode: int) -> None:
        with pytest.raises(SettingsError, match="0600"):
            KeyFile(write(tmp_path / "key.json", GOOD, mode))

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "[]",
            {},
            {"current": "b", "keys": {"a": KEY}},
            {"current": "a", "keys": {"a": KEY[:-4]}},
            {"current": "a", "keys": {"a": "not base64!"}},
            {"current": "a", "keys": {"a": 1}},
        ],
    )
    def test_a_broken_file_is_refused_without_showing_it(self, tmp_path: Path, content: Any) -> None:
        with pytest.raises(SettingsError) as refused:
            KeyFile(write(tmp_path / "key.json", content))
        assert str(refused.value).endswith("key.json: this is not a master key file")

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match=r"key\.json: the master key cannot be read"):
            KeyFile(tmp_path / "key.json")


class TestKms:
    @pytest.fixture
    def key_id(self, aws_environment: None) -> str:
        return boto3.client("kms", region_name="eu-central-1").create_key()["KeyMetadata"]["KeyId"]

    def test_wraps_and_unwraps_in_its_context(self, key_id: str) -> None:
        master = KmsKey(key_id)
        wrapped_by, wrapped = master.wrap(b"secret" * 300, {"user": "1"})
        assert master.unwrap(wrapped_by, wrapped, {"user": "1"}) == b"secret" * 300
        with pytest.raises(UnwrapError):
            master.unwrap(wrapped_by, wrapped, {"user": "2"})

    def test_the_service_runs_on_it(self, settings: UsersSettings, key_id: str, databases: Any) -> None:
        on_kms = replace(
            settings, master_key_file=None, kms_key_id=key_id, database_url=databases.url("users_app")
        )
        with TestClient(create_app(on_kms), raise_server_exceptions=False) as client:
            person = Person(client).sign_up()
            assert person.call("GET", "/user/me").json()["email"] == person.email


class TestSettings:
    @pytest.mark.parametrize("keys", [{}, {"master_key_file": "a", "kms_key_id": "b"}])
    def test_exactly_one_master_key_is_needed(self, keys: dict[str, str]) -> None:
        with pytest.raises(SettingsError, match="TIDEMARK_MASTER_KEY_FILE and TIDEMARK_KMS_KEY_ID"):
            UsersSettings(database_url="postgresql://x", gateway_url="http://x", issuer="x", **keys)  # type: ignore[arg-type]

    def test_hashing_is_by_default_what_owasp_asks(self) -> None:
        settings = UsersSettings(database_url="x", gateway_url="x", issuer="x", master_key_file="x")
        assert (settings.hash_memory_kib, settings.hash_rounds) == (19_456, 2)

    def test_secrets_stay_out_of_its_repr(self) -> None:
        settings = UsersSettings(
            database_url="x", gateway_url="x", issuer="x", master_key_file="x", edge_secret="s3", app_secret="s4"
        )
        assert "s3" not in repr(settings)
        assert "s4" not in repr(settings)
        assert b"k" * 32 not in repr(DataKey(UUID(int=1), UUID(int=2), b"k" * 32)).encode()


@pytest.fixture(scope="module", autouse=True)
def _module_client(client: TestClient[Litestar]) -> None:
    """Started before any test captures the log."""
