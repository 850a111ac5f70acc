"""Keyset pages: an opaque cursor holds the last row's key, so pages stay right while rows are added."""

import base64
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import Parameter

from api.shared.errors import InvalidRequest

T = TypeVar("T")

Limit = Annotated[int, Parameter(ge=1, le=1000, description="Rows on a page, at most 1,000.")]
Cursor = Annotated[
    str | None,
    Parameter(max_length=512, description="`next_cursor` of the page before; leave out for the first."),
]


class Page(msgspec.Struct, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(*key: Any) -> str:
    """An opaque cursor of a row's key (text, integers, UUIDs, times)."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str, key_type: type[T]) -> T:
    """The key again, as the tuple type given; raises InvalidRequest for anything but our own cursors."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=key_type)
    except ValueError as error:
        raise InvalidRequest("The cursor is not one that this list gave.") from error
