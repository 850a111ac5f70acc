"""What a sent picture becomes, and what is no acceptable picture."""

import io
import os
import struct
import zipfile
import zlib

import pytest
from PIL import Image, PngImagePlugin

from api.users.errors import PhotoRefused
from api.users.identity.images import PHOTO_STORED_MAX_BYTES, SCANS_MAX, normal_photo
from tests.users.people import photo


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *more: bytes, packed: bytes = zlib.compress(bytes(1000))) -> bytes:
    """A tiny PNG whose header says how large a picture it claims to be."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def jpeg_claiming(width: int, height: int) -> bytes:
    """A small JPEG whose frame header was changed."""
    sent = photo()
    at = sent.index(b"\xff\xc0") + 5
    return sent[:at] + struct.pack(">HH", height, width) + sent[at + 4 :]


def webp_claiming(width: int, height: int) -> bytes:
    """A small lossless WebP whose header was changed."""
    sent = bytearray(photo("WEBP", lossless=True))
    at = sent.index(b"VP8L") + 9
    bits = int.from_bytes(sent[at : at + 4], "little") >> 28 << 28 | (height - 1) << 14 | (width - 1)
    sent[at : at + 4] = bits.to_bytes(4, "little")
    return bytes(sent)


def jpeg_of_many_scans() -> bytes:
    """A progressive JPEG whose last scan is repeated: each one costs the decoder a pass over the whole picture."""
    sent = photo(size=(640, 480), progressive=True)
    last, end = sent.rindex(b"\xff\xda"), sent.rindex(b"\xff\xd9")
    return sent[:last] + sent[last:end] * (SCANS_MAX + 1) + sent[end:]


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
        assert len(got) <= PHOTO_STORED_MAX_BYTES
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

    @pytest.mark.parametrize(
        "bomb",
        [
            *(png(side, side) for side in (7_100, 20_000, 65_535, 2**31 - 1)),
            *(jpeg_claiming(side, side) for side in (7_100, 65_535)),
            *(webp_claiming(side, side) for side in (7_100, 16_384)),
        ],
        ids=lambda bomb: repr(bomb[:4]),
    )
    def test_refuses_bombs_before_decoding(self, bomb: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Image.Image, "thumbnail", lambda *_: pytest.fail("it was decoded"))
        with pytest.raises(PhotoRefused, match="photo_refused") as refused:
            normal_photo(bomb)
        assert "pixels" in refused.value.detail or "damaged" in refused.value.detail

    @pytest.mark.parametrize(
        ("name", "start"),
        [(b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0"), (b"iCCP", b"profile\0\0")],
    )
    def test_refuses_metadata_that_unpacks_to_much(self, name: bytes, start: bytes) -> None:
        little, much = (png(10, 10, chunk(name, start + zlib.compress(bytes(size)))) for size in (99, 80 << 20))
        assert normal_photo(little)
        with pytest.raises(PhotoRefused):
            normal_photo(much)

    def test_refuses_a_jpeg_of_endless_layers(self) -> None:
        with pytest.raises(PhotoRefused) as refused:
            normal_photo(jpeg_of_many_scans())
        assert "too many layers" in refused.value.detail

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
