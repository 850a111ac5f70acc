"""Keyset pages: an opaque cursor holds the last row's key, so pages stay right while rows are added."""

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Request
from litestar.params import QueryParameter

from api.shared.errors import Conflict

T = TypeVar("T")

Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="Rows on a page, at most 1,000.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=512,
        pattern="^[A-Za-z0-9_-]+$",
        description="`next_cursor` of the page before; leave out for the first.",
    ),
]


class InvalidCursor(Conflict):
    """A cursor of another list, another query or of nobody's."""

    code, detail = "invalid_cursor", "The cursor is not one that this list gave."


class Page(msgspec.Struct, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], tuple[Any, ...]]) -> Page[T]:
    """A page of at most `limit` rows, of which one more was read if there is one; `key` is what a cursor holds."""
    return Page(list(rows[:limit]), encode_cursor(*key(rows[limit - 1])) if len(rows) > limit else None)


def encode_cursor(*key: Any) -> str:
    """An opaque cursor of a row's key (text, integers, UUIDs, times)."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, key_type: type[T]) -> T | None:
    """The key again, as the tuple type given; None without a cursor. Raises InvalidCursor."""
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=key_type)
    except ValueError as error:
        raise InvalidCursor() from error


def next_link(request: Request[Any, Any, Any], next_cursor: str | None) -> dict[str, str]:
    """The header `Link` to the next page (RFC 8288), for which a CSV has no other place; none on the last."""
    if next_cursor is None:
        return {}
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return {"Link": f'<{request.url.path}?{urlencode([*asked, ("cursor", next_cursor)])}>; rel="next"'}
