"""Turns every exception into a problem document; the only place where errors meet HTTP."""

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from api.shared import errors
from api.shared.parameters import field_errors

logger = logging.getLogger("tidemark.errors")

PROBLEM_MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {
    cls.status: cls
    for cls in (
        errors.InvalidRequest,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.NotAcceptable,
        errors.Conflict,
        errors.PayloadTooLarge,
        errors.UnsupportedMediaType,
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
    items: list[dict[str, Any]] | None = None


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


def _from_http_exception(exc: HTTPException, request: Request[Any, Any, State]) -> errors.TidemarkError:
    handler = request.scope.get("route_handler")
    if handler is None and exc.status_code == 404:
        return errors.NotFound("There is nothing at this address.")
    if exc.status_code == 405:
        return errors.MethodNotAllowed(headers={"Allow": _allowed(exc)})
    known = _BY_STATUS.get(exc.status_code)
    if known is None:
        error = errors.TidemarkError("This call is not possible here.", code="error")
        error.status = exc.status_code
        return error
    return known(errors=field_errors(handler, exc.detail, exc.extra) or None)


def _allowed(exc: HTTPException) -> str:
    methods = {method.strip() for method in (exc.headers or {}).get("allow", "").split(",")}
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


def _translate(exc: BaseException, request: Request[Any, Any, State]) -> errors.TidemarkError:
    if isinstance(exc, errors.TidemarkError):
        return exc
    if isinstance(exc, HTTPException):
        return _from_http_exception(exc, request)
    if isinstance(exc, psycopg.OperationalError):
        return errors.Unavailable()
    return errors.TidemarkError()


def handle_exception(request: Request[Any, Any, State], exc: Exception) -> Response[dict[str, Any]]:
    """The one exception handler of every service.

    An unexpected error is logged by type and place only: its text may hold what the caller sent.
    """
    found = list(_flatten(exc))
    error = _translate(found[0], request)
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
