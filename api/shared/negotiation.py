"""Which form a request's body and its answer have: JSON, and CSV where a route offers it (`opt={"csv": True}`)."""

from email.message import Message
from typing import Annotated, Any

from litestar import MediaType, Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from api.shared.errors import NotAcceptable, UnsupportedMediaType

CSV = "text/csv"
Format = Annotated[
    str | None,
    QueryParameter(
        name="format",
        pattern="^(json|csv)$",
        schema_extra={"enum": ["json", "csv"]},
        description="`json` or `csv`; decides over the Accept header.",
    ),
]


def wants_csv(request: Request[Any, Any, Any], format_: str | None) -> bool:
    """`?format=` decides, else the Accept header, else it is JSON."""
    if format_ is not None:
        return format_ == "csv"
    return request.accept.best_match([MediaType.JSON, CSV], default=MediaType.JSON) == CSV


def require_acceptable(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """406 when the Accept header leaves nothing that the route answers with, unless `format` decides."""
    accept = connection.headers.get("accept", "*/*")
    if "*/*" in accept or "application/json" in accept or b"format=" in connection.scope["query_string"]:
        return
    own = getattr(handler, "media_type", None) or MediaType.JSON
    offered = [own.value if isinstance(own, MediaType) else str(own)]
    if handler.opt.get("csv"):
        offered.append(CSV)
    if Request(connection.scope).accept.best_match(offered) is None and not _is_empty(handler):
        raise NotAcceptable(f"This call answers with {' or '.join(offered)}.")


def _is_empty(handler: BaseRouteHandler) -> bool:
    return handler.parsed_return_field.annotation is type(None)


def require_no_coding(content_coding: str) -> None:
    """Raises UnsupportedMediaType when a body is sent compressed, which nothing here takes (RFC 9110, 8.4)."""
    if content_coding.strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaType("Send the body as it is, without a `Content-Encoding`.")


def require_json(content_type: str) -> None:
    """Raises UnsupportedMediaType unless a body is sent as JSON, which is UTF-8 (RFC 8259)."""
    if content_type == "application/json":
        return
    header = Message()
    header["Content-Type"] = content_type
    charset = header.get_content_charset("utf-8")
    if (
        not content_type
        or header.get_content_type() != MediaType.JSON
        or charset not in {"utf-8", "utf8", "us-ascii"}
    ):
        raise UnsupportedMediaType("Send the body as JSON in UTF-8, with `Content-Type: application/json`.")
