"""Turns whatever was sent as a photo into a small JPEG without metadata, or refuses it.

What is kept is drawn anew from decoded pixels: no metadata, no second file in the first. Pillow is imported on
first use, and pictures are decoded one at a time, so that memory stays bounded.
"""

import io
import logging
import struct
import warnings
import zipfile
from typing import TYPE_CHECKING

from api.users.errors import PhotoRefused

if TYPE_CHECKING:
    from PIL import Image

# Where somebody turns on debugging, Pillow would log the metadata that it reads.
logging.getLogger("PIL").setLevel(logging.WARNING)

FORMATS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
PIXELS_MAX = 50_000_000
SIDE_MAX_PIXELS = 1600
# With name and ids the encrypted item stays below DynamoDB's 400 KB.
PHOTO_STORED_MAX_BYTES = 350_000
# Each scan of a progressive JPEG costs a pass over all pixels; cameras and editors write about ten.
SCANS_MAX = 100
QUALITIES = (85, 75, 60, 45)
SMALLER = 0.7
_SCRIPTS = (b"<?php", b"<script", b"<html", b"<!doctype")


def normal_photo(sent: bytes) -> bytes:
    """A JPEG of at most 350,000 bytes and 1,600 pixels a side.

    Raises PhotoRefused for another type, too many pixels, a damaged picture, or a file that is something else
    besides.
    """
    kind = _kind(sent)
    _refuse_polyglot(kind, sent)
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(sent), formats=[kind]) as picture:
                if picture.width * picture.height > PIXELS_MAX:
                    raise PhotoRefused(f"The photo has more than {PIXELS_MAX // 1_000_000} million pixels.")
                return _encode(_upright(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoRefused("The photo has too many pixels.") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error, EOFError, MemoryError):
        raise PhotoRefused("The photo is damaged or not complete.") from None


def _kind(sent: bytes) -> str:
    for magic, kind in FORMATS.items():
        if sent.startswith(magic):
            return kind
    if sent[:4] == b"RIFF" and sent[8:12] == b"WEBP":
        return "WEBP"
    raise PhotoRefused("Send a JPEG, PNG or WebP picture.")


def _refuse_polyglot(kind: str, sent: bytes) -> None:
    """Refuses files that another program would take for a document, an archive or a page."""
    end = {"JPEG": _jpeg_end, "PNG": _png_end, "WEBP": _webp_end}[kind](sent)
    rest = sent[end:].strip(b"\0\r\n")
    # Phones append further pictures to a JPEG (depth, HDR); those are left out like all else.
    has_more = rest and not (kind == "JPEG" and rest.startswith(b"\xff\xd8\xff"))
    lower = sent.lower()
    if (
        has_more
        or b"%pdf-" in lower[:1024]
        or any(script in lower for script in _SCRIPTS)
        or zipfile.is_zipfile(io.BytesIO(sent))
    ):
        raise PhotoRefused("The file holds something besides the picture. Save it as a plain JPEG and send that.")


def _jpeg_end(sent: bytes) -> int:
    """The offset after the end-of-image marker; the file's length when there is none."""
    at, scans = 2, 0
    while at + 4 <= len(sent) and sent[at] == 0xFF:
        marker = sent[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD7:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + int.from_bytes(sent[at + 2 : at + 4])
        if marker == 0xDA:
            at = _scan_end(sent, at)
            scans += 1
            if scans > SCANS_MAX:
                raise PhotoRefused("The photo is built in too many layers. Save it as a plain JPEG and send that.")
    return at + 2 if sent[at : at + 2] == b"\xff\xd9" else len(sent)


def _scan_end(sent: bytes, at: int) -> int:
    """The offset of the next marker after entropy-coded data (which escapes FF as FF 00, and restarts)."""
    while (at := sent.find(b"\xff", at)) >= 0 and at + 1 < len(sent):
        if sent[at + 1] != 0 and not 0xD0 <= sent[at + 1] <= 0xD7:
            return at
        at += 2
    return len(sent)


def _png_end(sent: bytes) -> int:
    at = 8
    while at + 8 <= len(sent):
        length, name = struct.unpack(">I4s", sent[at : at + 8])
        at += 12 + length
        if name == b"IEND":
            return at
    return len(sent)


def _webp_end(sent: bytes) -> int:
    return 8 + int.from_bytes(sent[4:8], "little")


def _upright(picture: "Image.Image") -> "Image.Image":
    """The first frame, reduced, turned as its metadata says, on white."""
    from PIL import Image, ImageOps

    picture.draft("RGB", (SIDE_MAX_PIXELS, SIDE_MAX_PIXELS))
    picture.thumbnail((SIDE_MAX_PIXELS, SIDE_MAX_PIXELS))
    turned = ImageOps.exif_transpose(picture)
    # A fresh canvas: Pillow would carry comments and profiles over into what it saves.
    canvas = Image.new("RGB", turned.size, "white")
    if "A" in turned.getbands() or "transparency" in turned.info:
        turned = turned.convert("RGBA")
        canvas.paste(turned, mask=turned)
    else:
        canvas.paste(turned.convert("RGB"))
    return canvas


def _encode(picture: "Image.Image") -> bytes:
    while True:
        for quality in QUALITIES:
            buffer = io.BytesIO()
            picture.save(buffer, "JPEG", quality=quality, optimize=True)
            if buffer.tell() <= PHOTO_STORED_MAX_BYTES:
                return buffer.getvalue()
        picture = picture.resize((int(picture.width * SMALLER), int(picture.height * SMALLER)))
