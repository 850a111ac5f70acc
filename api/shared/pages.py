"""Keyset pages: an opaque cursor holds the last row's key, so pages stay right while rows are added.

A cursor belongs to the list that gave it: it also holds a digest of who asked, the address and all that was asked
for but `limit`, `cursor` and `format`, and is refused elsewhere. The digest is no secret: it finds mistakes.
"""

import base64
import hashlib
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from api.shared.errors import Conflict

T = TypeVar("T")

_DIGEST_BYTES = 6
_NOT_OF_THE_LIST = frozenset({"cursor", "limit", "format"})
# The list that the request at work asks for: cursors are made and read far from the request.
_list: ContextVar[bytes] = ContextVar("list", default=bytes(_DIGEST_BYTES))

Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="Rows on a page, at most 1,000.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=512,
        pattern="^[A-Za-z0-9_-]+$",
        description="`next_cursor` of the page before, for the same list and filters; leave out for the first.",
    ),
]


class InvalidCursor(Conflict):
    """A cursor of another list, another query or of nobody's."""

    code, detail = "invalid_cursor", "The cursor is not one that this list gave."


class Page(msgspec.Struct, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


async def enter_list(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Cursors that are made and read until the request is answered are those of its list."""
    if "cursor" not in handler.parsed_fn_signature.parameters:
        return
    query = [(name, str(value)) for name, value in connection.query_params.multi_items()]
    body = await connection.body() if isinstance(connection, Request) and connection.method == "POST" else b""
    caller_id = getattr(connection.scope.get("user"), "user_id", None)
    _list.set(digest_of(caller_id, connection.scope["path"], query, body))


def digest_of(caller_id: UUID | None, path: str, query: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """What tells one list from another."""
    asked = sorted((name, value) for name, value in query if name not in _NOT_OF_THE_LIST)
    parts = repr((str(caller_id), path.lower(), asked, body))
    return hashlib.blake2b(parts.encode(), digest_size=_DIGEST_BYTES).digest()


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], tuple[Any, ...]]) -> Page[T]:
    """A page of at most `limit` rows, of which one more was read if there is one; `key` is what a cursor holds."""
    return Page(list(rows[:limit]), encode_cursor(*key(rows[limit - 1])) if len(rows) > limit else None)


def encode_cursor(*key: Any) -> str:
    """An opaque cursor of a row's key (text, integers, UUIDs, times)."""
    return base64.urlsafe_b64encode(_list.get() + msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, key_type: type[T]) -> T | None:
    """The key again, as the tuple type given; None without a cursor. Raises InvalidCursor."""
    if cursor is None:
        return None
    try:
        held = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        if held[:_DIGEST_BYTES] != _list.get():
            raise InvalidCursor()
        return msgspec.json.decode(held[_DIGEST_BYTES:], type=key_type)
    except ValueError as error:
        raise InvalidCursor() from error


def next_link(request: Request[Any, Any, Any], next_cursor: str | None) -> dict[str, str]:
    """The header `Link` to the next page (RFC 8288), for which a CSV has no other place; none on the last."""
    if next_cursor is None:
        return {}
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return {"Link": f'<{request.url.path}?{urlencode([*asked, ("cursor", next_cursor)])}>; rel="next"'}
