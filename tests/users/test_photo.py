"""Sending a photo: what is taken, what it becomes, what is refused."""

import io
import os
import struct
import tempfile
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from PIL import Image, PngImagePlugin

from api.users.app import create_app
from api.users.errors import PhotoRefused
from api.users.identity.images import MOST_BYTES, normal_photo
from api.users.settings import UsersSettings
from tests.users.people import Person, code, photo


def item_of(person: Person) -> dict[str, Any]:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    return client.get_item(TableName="tidemark-identity", Key={"user_id": {"S": person.user_id}})["Item"]


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    return buffer.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header claims a huge picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


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
            ({"photo": ("id.jpg", b"")}, (400, "invalid_request")),
            ([("photo", ("a.jpg", photo())), ("photo", ("b.jpg", photo()))], (400, "invalid_request")),
            ([("photo", ("a.jpg", photo()))] + [(f"f{n}", b"x") for n in range(20)], (400, "invalid_request")),
            ({"photo": ("id.jpg", photo() + b"\0" * (4 << 20))}, (413, "payload_too_large")),
            ({"photo": ("id.jpg", photo() + b"\0" * (5 << 20))}, (413, "payload_too_large")),
            ({"photo": ("id.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")}, (400, "photo_refused")),
        ],
    )
    def test_refuses_forms(self, person: Person, files: Any, status: tuple[int, str]) -> None:
        assert code(person.call("PUT", "/user/photo", files=files)) == status
        assert person.call("GET", "/user/me").json()["photo_status"] == "missing"

    def test_refuses_what_is_no_form(self, person: Person) -> None:
        for headers, content in (
            ({"Content-Type": "image/jpeg"}, photo()),
            ({"Content-Type": "application/json"}, b"{}"),
            ({"Content-Type": "multipart/form-data"}, b"x"),
            ({"Content-Type": "multipart/form-data; boundary=x"}, b"--y"),
            ({"Content-Type": "multipart/form-data; boundary=x"}, b""),
        ):
            answer = person.call("PUT", "/user/photo", headers=headers, content=content)
            assert code(answer) == (400, "invalid_request"), headers

    def test_four_mebibytes_are_taken(self, person: Person) -> None:
        noise = Image.frombytes("RGB", (1100, 1200), os.urandom(1100 * 1200 * 3))
        buffer = io.BytesIO()
        noise.save(buffer, "PNG")
        sent = buffer.getvalue()
        assert 3_900_000 < len(sent) < 4 << 20
        assert person.send_photo(sent, "image/png").status_code == 200
        assert len(item_of(person)["photo"]["B"]) <= MOST_BYTES + 28

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


class TestNormalPhoto:
    def test_is_a_jpeg_without_metadata(self) -> None:
        exif = Image.Exif()
        exif[0x010E] = "a secret description"
        exif[0x0112] = 6
        sent = photo(size=(300, 200), exif=exif, comment=b"another secret")
        got = normal_photo(sent)
        assert b"secret" in sent
        assert b"secret" not in got
        assert b"Exif" not in got
        with Image.open(io.BytesIO(got)) as picture:
            # Turned upright, as the metadata that is gone now asked for.
            assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (200, 300), {})

    def test_png_text_is_dropped(self) -> None:
        text = PngImagePlugin.PngInfo()
        text.add_text("Author", "a secret author")
        assert b"secret" not in normal_photo(photo("PNG", pnginfo=text))

    @pytest.mark.parametrize(
        "picture",
        [
            Image.new("RGBA", (50, 50), (255, 0, 0, 0)),
            Image.new("LA", (50, 50), (0, 0)),
            Image.new("P", (50, 50)),
            Image.new("1", (50, 50)),
            Image.new("I;16", (50, 50)),
        ],
    )
    def test_every_mode_becomes_rgb(self, picture: Image.Image) -> None:
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        with Image.open(io.BytesIO(normal_photo(buffer.getvalue()))) as got:
            assert (got.mode, got.size) == ("RGB", (50, 50))
            if "A" in picture.getbands():
                assert got.getpixel((25, 25)) == (255, 255, 255)

    def test_is_bounded_in_pixels_and_bytes(self) -> None:
        noise = Image.frombytes("RGB", (2000, 1000), os.urandom(6_000_000))
        buffer = io.BytesIO()
        noise.save(buffer, "JPEG", quality=70)
        got = normal_photo(buffer.getvalue())
        assert len(got) <= MOST_BYTES
        with Image.open(io.BytesIO(got)) as picture:
            assert max(picture.size) <= 1600

    def test_the_first_frame_counts(self) -> None:
        frames = [Image.new("RGB", (60, 60), color) for color in ("red", "blue")]
        buffer = io.BytesIO()
        frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
        with Image.open(io.BytesIO(normal_photo(buffer.getvalue()))) as got:
            red, _, blue = got.getpixel((30, 30))  # type: ignore[misc]
            assert red > 200 > 50 > blue

    @pytest.mark.parametrize(
        "sent",
        [
            b"GIF89a" + b"\0" * 100,
            b"BM" + b"\0" * 100,
            b"%PDF-1.7\n",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"\0\0\0\x18ftypheic" + b"\0" * 50,
            b"RIFF\0\0\0\0WAVEfmt ",
            zipped(),
            b" " + photo(),
            photo("GIF"),
            photo("BMP"),
        ],
        ids=lambda sent: repr(sent[:8]),
    )
    def test_refuses_other_types(self, sent: bytes) -> None:
        with pytest.raises(PhotoRefused, match="photo_refused") as refused:
            normal_photo(sent)
        assert refused.value.detail == "Send a JPEG, PNG or WebP picture."

    @pytest.mark.parametrize("side", [7_100, 20_000, 65_535, 2**31 - 1])
    def test_refuses_bombs_before_decoding(self, side: int) -> None:
        with pytest.raises(PhotoRefused):
            normal_photo(png_claiming(side, side))

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_refuses_what_is_cut_off_or_broken(self, kind: str) -> None:
        whole = photo(kind, size=(300, 300))
        for cut in (4, 12, 30, len(whole) // 2):
            with pytest.raises(PhotoRefused):
                normal_photo(whole[:cut])
        with pytest.raises(PhotoRefused):
            normal_photo(whole[:20] + bytes(len(whole) - 20))

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize(
        "extra",
        [zipped(), b"%PDF-1.7 ...", b"<script>alert(1)</script>", b"<?php echo 1;", b"#!/bin/sh\n", photo("GIF")],
        ids=lambda extra: repr(extra[:5]),
    )
    def test_refuses_something_appended(self, kind: str, extra: bytes) -> None:
        with pytest.raises(PhotoRefused) as refused:
            normal_photo(photo(kind) + extra)
        assert "besides the picture" in refused.value.detail

    @pytest.mark.parametrize("hidden", [b"<script>alert(1)</script>", b"<?PHP echo 1;", b"%PDF-1.7", zipped()])
    def test_refuses_something_inside(self, hidden: bytes) -> None:
        with pytest.raises(PhotoRefused):
            normal_photo(photo(comment=hidden))

    def test_takes_what_phones_append(self) -> None:
        assert normal_photo(photo() + photo(size=(20, 20)))
        assert normal_photo(photo() + b"\0" * 100)

    def test_takes_progressive_and_thumbnailed_jpegs(self) -> None:
        assert normal_photo(photo(size=(800, 600), progressive=True, quality=95))
        picture = Image.effect_noise((400, 300), 80)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", restart_marker_blocks=1)
        assert normal_photo(buffer.getvalue())


@pytest.fixture(scope="module", autouse=True)
def _module_client(client: TestClient[Litestar]) -> None:
    """Started before any test patches the environment."""
