"""Turns every exception into a problem document; the only place where errors meet HTTP."""

import logging
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import psycopg
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.shared import errors

logger = logging.getLogger("tidemark.errors")

PROBLEM_MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {
    cls.status: cls
    for cls in (
        errors.InvalidRequest,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.PayloadTooLarge,
        errors.Unprocessable,
        errors.TooManyRequests,
        errors.Unavailable,
    )
}


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457 problem document, as OpenAPI shows it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]] | None = None


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """OpenAPI entries for the errors that an operation can answer with, besides those that all share."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=_BY_STATUS[status].code,
            generate_examples=False,
            media_type=PROBLEM_MEDIA_TYPE,
        )
        for status in (400, 401, 403, 413, 503, *statuses)
    }


def _flatten(exc: BaseException) -> Iterator[BaseException]:
    if isinstance(exc, BaseExceptionGroup):
        for inner in exc.exceptions:
            yield from _flatten(inner)
    else:
        yield exc


def _from_http_exception(exc: HTTPException) -> errors.TidemarkError:
    known = _BY_STATUS.get(exc.status_code)
    if known is None:
        # The headers tell which methods an address takes.
        error = errors.TidemarkError(
            "This call is not possible here.", code=_code_of(exc.status_code), headers=exc.headers
        )
        error.status = exc.status_code
        return error
    extra = exc.extra if isinstance(exc.extra, list) else []
    found = [
        {"field": str(item.get("key", "")), "message": str(item.get("message", ""))}
        for item in extra
        if isinstance(item, Mapping)
    ]
    # msgspec's messages name the place and the expected type, never the value that was sent.
    cause = exc.__cause__
    while cause is not None and not isinstance(cause, msgspec.DecodeError):
        cause = cause.__cause__
    if not found and cause is not None:
        found = [{"field": "", "message": str(cause)}]
    return known(errors=found or None)


def _code_of(status: int) -> str:
    return {405: "method_not_allowed", 406: "not_acceptable", 415: "unsupported_media_type"}.get(status, "error")


def _translate(exc: BaseException) -> errors.TidemarkError:
    if isinstance(exc, errors.TidemarkError):
        return exc
    if isinstance(exc, HTTPException):
        return _from_http_exception(exc)
    if isinstance(exc, PoolTimeout | InterfaceError | OperationalError | psycopg.OperationalError) or (
        isinstance(exc, DBAPIError) and exc.connection_invalidated
    ):
        return errors.Unavailable()
    return errors.TidemarkError()


def handle_exception(request: Request[Any, Any, State], exc: Exception) -> Response[dict[str, Any]]:
    """The one exception handler of every service.

    An unexpected error is logged by type and place only: its text may hold what the caller sent.
    """
    found = list(_flatten(exc))
    error = _translate(found[0])
    if error.status >= 500:
        root = found[0]
        logger.error(
            "%s",
            type(root).__name__,
            extra={
                "fields": {
                    "status": error.status,
                    "cause": type(root.__cause__ or root.__context__ or root).__name__,
                    "at": "".join(traceback.format_tb(root.__traceback__)[-6:]) if error.status == 500 else "",
                }
            },
        )
    return Response(
        error.problem(), status_code=error.status, headers=error.headers, media_type=PROBLEM_MEDIA_TYPE
    )
