"""Sending a photo: what is taken, what it becomes, what is refused."""

import io
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from PIL import Image

from api.users.app import create_app
from api.users.identity.images import PHOTO_STORED_MAX_BYTES
from api.users.settings import UsersSettings
from tests.users.people import Person, code, photo

pytestmark = pytest.mark.slow


def item_of(person: Person) -> dict[str, Any]:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    return client.get_item(TableName="tidemark-identity", Key={"user_id": {"S": person.user_id}})["Item"]


class TestPutPhoto:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_waits_for_review(self, person: Person, kind: str) -> None:
        answer = person.send_photo(photo(kind), "image/whatever")
        assert answer.status_code == 200
        body = answer.json()
        assert set(body) == {"user_id", "photo_status", "photo_reason", "submitted_at"}
        assert (body["user_id"], body["photo_status"], body["photo_reason"]) == (person.user_id, "pending", None)
        assert person.call("GET", "/user/me").json()["photo_status"] == "pending"

    def test_is_stored_encrypted_with_name_and_status(self, person: Person) -> None:
        person.send_photo()
        item = item_of(person)
        assert set(item) == {
            "user_id", "data_key_id", "name", "photo", "photo_version", "status", "submitted_at",
        }  # fmt: skip
        assert (item["status"]["S"], item["photo_version"]["N"]) == ("pending", "1")
        stored = bytes(item["photo"]["B"])
        assert b"JFIF" not in stored
        assert person.name.encode() not in bytes(item["name"]["B"])

    def test_a_waiting_photo_is_not_replaced(self, person: Person) -> None:
        person.send_photo()
        before = item_of(person)
        assert code(person.send_photo()) == (409, "photo_not_replaceable")
        assert item_of(person) == before

    def test_of_many_at_once_one_counts(self, person: Person, database: psycopg.Connection) -> None:
        with ThreadPoolExecutor(6) as pool:
            statuses = sorted(pool.map(lambda _: person.send_photo().status_code, range(6)))
        assert statuses == [200] + [409] * 5
        row = database.execute("select photo_version from users.user where id = %s", (person.user_id,)).fetchone()
        assert row == (1,)

    @pytest.mark.parametrize(
        ("files", "status"),
        [
            ({"other": ("id.jpg", photo())}, (400, "invalid_request")),
            ({"photo": ("id.jpg", b"")}, (409, "photo_refused")),
            ([("photo", ("a.jpg", photo())), ("photo", ("b.jpg", photo()))], (400, "invalid_request")),
            ([("photo", ("a.jpg", photo()))] + [(f"f{n}", b"x") for n in range(20)], (400, "invalid_request")),
            ({"photo": ("id.jpg", photo() + b"\0" * (4 << 20))}, (413, "payload_too_large")),
            ({"photo": ("id.jpg", photo() + b"\0" * (5 << 20))}, (413, "payload_too_large")),
            ({"photo": ("id.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")}, (409, "photo_refused")),
        ],
    )
    def test_refuses_forms(self, person: Person, files: Any, status: tuple[int, str]) -> None:
        assert code(person.call("PUT", "/user/photo", files=files)) == status
        assert person.call("GET", "/user/me").json()["photo_status"] == "missing"

    def test_refuses_what_is_no_form(self, person: Person) -> None:
        for content_type, content in (
            ("image/jpeg", photo()),
            ("application/json", b"{}"),
            ("multipart/form-data", b"x"),
        ):
            answer = person.call("PUT", "/user/photo", headers={"Content-Type": content_type}, content=content)
            assert code(answer) == (415, "unsupported_media_type"), content_type
        answer = person.call("PUT", "/user/photo", files={"photo": photo()}, headers={"Content-Encoding": "gzip"})
        assert code(answer) == (415, "unsupported_media_type")
        for content in (b"--y", b""):
            headers = {"Content-Type": "multipart/form-data; boundary=x"}
            answer = person.call("PUT", "/user/photo", headers=headers, content=content)
            assert code(answer) == (400, "invalid_request"), content

    def test_four_mebibytes_are_taken(self, person: Person) -> None:
        noise = Image.frombytes("RGB", (1100, 1200), os.urandom(1100 * 1200 * 3))
        buffer = io.BytesIO()
        noise.save(buffer, "PNG")
        sent = buffer.getvalue()
        assert 3_900_000 < len(sent) < 4 << 20
        assert person.send_photo(sent, "image/png").status_code == 200
        assert len(item_of(person)["photo"]["B"]) <= PHOTO_STORED_MAX_BYTES + 28

    def test_nothing_of_it_touches_the_disk(
        self, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: list[object] = []
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda *a, **k: opened.append(a))
        monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda *a, **k: opened.append(a))
        monkeypatch.setattr(tempfile, "NamedTemporaryFile", lambda *a, **k: opened.append(a))
        assert person.send_photo(photo(size=(3000, 2000), quality=100)).status_code == 200
        assert opened == []

    def test_without_the_store_nothing_is_half_done(
        self, person: Person, settings: UsersSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            with TestClient(create_app(settings), raise_server_exceptions=False) as client:
                assert code(Person(client, token=person.token).send_photo()) == (503, "unavailable")
        assert person.call("GET", "/user/me").json()["photo_status"] == "missing"
        assert person.send_photo().status_code == 200

    def test_a_failed_commit_can_be_repeated(self, person: Person, database: psycopg.Connection) -> None:
        database.execute(
            """
            create function public.lose_connection() returns trigger language plpgsql security definer as
            $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
            create constraint trigger lose after update on users.user
            deferrable initially deferred for each row execute function public.lose_connection();
            """
        )
        try:
            assert code(person.send_photo()) == (503, "unavailable")
        finally:
            database.execute("drop trigger lose on users.user; drop function public.lose_connection()")
        assert person.call("GET", "/user/me").json()["photo_status"] == "missing"
        assert person.send_photo().status_code == 200
        assert item_of(person)["photo_version"]["N"] == "1"


@pytest.fixture(scope="module", autouse=True)
def _module_client(client: TestClient[Litestar]) -> None:
    """Started before any test patches the environment."""
