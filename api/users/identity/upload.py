"""Reads an uploaded photo out of a multipart request, in memory: the framework's parser spills to disk."""

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from api.shared.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from api.shared.negotiation import require_no_coding

FIELD = "photo"
PHOTO_MAX_BYTES = 4 << 20
# Boundaries, part headers and perhaps a small field beside the photo.
REQUEST_MAX_BYTES = PHOTO_MAX_BYTES + (64 << 10)
PARTS_MAX = 8


@dataclass
class PhotoOperation(Operation):
    """OpenAPI's view of the upload."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            required=True,
            content={
                "multipart/form-data": OpenAPIMediaType(
                    schema=Schema(
                        type=OpenAPIType.OBJECT,
                        required=[FIELD],
                        properties={
                            FIELD: Schema(
                                type=OpenAPIType.STRING,
                                format=OpenAPIFormat.BINARY,
                                description="JPEG, PNG or WebP, at most 4 MiB.",
                            )
                        },
                    )
                )
            },
        )


async def read_photo(request: Request[Any, Any, Any]) -> bytes:
    """The bytes of the one file in field `photo`. Raises InvalidRequest, PayloadTooLarge, UnsupportedMediaType."""
    require_no_coding(request.headers.get("content-encoding", ""))
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get("boundary")
    if media_type != "multipart/form-data" or not boundary:
        raise UnsupportedMediaType("Send the photo as multipart/form-data.")
    photos = _files(await request.body(), boundary)
    if len(photos) != 1:
        raise InvalidRequest(
            "The form has to hold one photo.", errors=[{"field": FIELD, "message": "send exactly one file"}]
        )
    if len(photos[0]) > PHOTO_MAX_BYTES:
        raise PayloadTooLarge("The photo is larger than 4 MiB.")
    return bytes(photos[0])


def _files(body: bytes, boundary: str) -> list[bytearray]:
    found: list[bytearray] = []
    is_photo = False
    try:
        with PushMultipartParser(boundary, max_segment_count=PARTS_MAX) as parser:
            for part in (*parser.parse(body), *parser.parse(b"")):
                if isinstance(part, MultipartSegment):
                    is_photo = part.name == FIELD
                    if is_photo:
                        found.append(bytearray())
                elif part and is_photo:
                    found[-1] += part
    except (MultipartError, ValueError) as error:
        raise InvalidRequest("The form cannot be read.") from error
    return found
