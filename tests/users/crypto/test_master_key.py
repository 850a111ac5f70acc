"""The master key in its two forms: a file, and KMS."""

import base64
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from litestar.testing import TestClient

from api.shared.settings import SettingsError
from api.users.app import create_app
from api.users.crypto.data_keys import create_tables
from api.users.crypto.master_key import KeyFile, KmsKey, UnwrapError
from api.users.settings import UsersSettings
from tests.users.people import Person
from tests.users.test_rotation import rotate

pytestmark = pytest.mark.slow


def kms() -> Any:
    return boto3.client("kms", region_name="eu-central-1")


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

    def test_a_rotation_is_on_disk_before_anything_is_wrapped_with_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A power cut must not bring back a file without the key that the database's rows name."""
        path = write(tmp_path / "key.json", GOOD)
        synced: list[tuple[bool, bytes]] = []
        monkeypatch.setattr(
            os, "fsync", lambda fd: synced.append((stat.S_ISDIR(os.fstat(fd).st_mode), path.read_bytes()))
        )
        KeyFile(path).rotate()
        # The new file before it takes the old one's place, and then the folder.
        assert [is_folder for is_folder, _ in synced] == [False, True]
        assert synced[0][1] != synced[1][1] == path.read_bytes()

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
        return kms().create_key()["KeyMetadata"]["KeyId"]

    def test_wraps_and_unwraps_in_its_context(self, key_id: str) -> None:
        master = KmsKey(key_id)
        wrapped_by, wrapped = master.wrap(b"secret" * 300, {"user": "1"})
        assert master.unwrap(wrapped_by, wrapped, {"user": "1"}) == b"secret" * 300
        with pytest.raises(UnwrapError):
            master.unwrap(wrapped_by, wrapped, {"user": "2"})

    def test_a_key_that_is_gone_or_another_does_not_unwrap(self, key_id: str) -> None:
        master = KmsKey(key_id)
        wrapped_by, wrapped = master.wrap(b"secret", {})
        for other in (str(uuid4()), wrapped_by.replace(key_id, str(uuid4()))):
            with pytest.raises(UnwrapError):
                master.unwrap(other, wrapped, {})

    def test_rotation_keeps_what_is_wrapped_readable(self, key_id: str) -> None:
        master = KmsKey(key_id)
        wrapped_by, wrapped = master.wrap(b"secret", {})
        assert master.rotate() == master.current_id() == wrapped_by
        (rotation,) = kms().list_key_rotations(KeyId=key_id)["Rotations"]
        assert rotation["RotationType"] == "ON_DEMAND"
        assert master.unwrap(wrapped_by, wrapped, {}) == b"secret"

    def test_the_service_runs_on_it_and_moves_to_another(
        self, settings: UsersSettings, key_id: str, databases: Any
    ) -> None:
        """An alias names the key: pointed at another one, `keys rotate` wraps everything with that."""
        kms().create_alias(AliasName="alias/bank", TargetKeyId=key_id)
        on_kms = replace(
            settings,
            master_key_file=None,
            kms_key_id="alias/bank",
            database_url=databases.url("users_app"),
            data_key_table="on-kms",
            identity_table="on-kms-identity",
        )
        create_tables([on_kms.data_key_table, on_kms.identity_table])
        with TestClient(create_app(on_kms), raise_server_exceptions=False) as client:
            person = Person(client).sign_up()
            assert person.send_photo().status_code == 200
            other = kms().create_key()["KeyMetadata"]["Arn"]
            kms().update_alias(AliasName="alias/bank", TargetKeyId=other)
            assert person.call("GET", "/user/me").json()["email"] == person.email
            lines = rotate(on_kms)
            assert lines[0] == f"master key {other}: 3 keys wrapped anew"
            kms().schedule_key_deletion(KeyId=key_id)
            assert person.sign_in().call("GET", "/user/me").json()["email"] == person.email
            wrapped_by = {
                entry["master_key_id"]["S"]
                for entry in boto3.client("dynamodb", region_name="eu-central-1").scan(TableName="on-kms")["Items"]
            }
            assert wrapped_by == {other}
