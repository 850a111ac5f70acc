"""The errors a service answers with: a stable `code`, a sentence for people, an HTTP status."""

from typing import Any


class TidemarkError(Exception):
    """Base of every error that reaches a caller as an RFC 9457 problem document.

    `code` is stable and for programs, `detail` is for people and holds no secret and no one else's data. `errors`
    names fields that are wrong, `items` the things that stand in the way.
    """

    status = 500
    code = "internal_error"
    detail = "Something went wrong on our side. Nothing was changed."

    def __init__(
        self,
        detail: str | None = None,
        *,
        code: str | None = None,
        errors: list[dict[str, str]] | None = None,
        items: list[Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.detail = detail or self.detail
        self.code = code or self.code
        self.errors = errors
        self.items = items
        self.headers = headers or {}
        super().__init__(self.code)

    def problem(self) -> dict[str, Any]:
        """The problem document."""
        document: dict[str, Any] = {
            "type": f"urn:tidemark:error:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors:
            document["errors"] = self.errors
        if self.items:
            document["items"] = self.items
        return document


class InvalidRequest(TidemarkError):
    status, code, detail = 400, "invalid_request", "The request is not of the form this call takes."


class InvalidParameter(InvalidRequest):
    """A parameter or field that is not of the form that the documentation gives; names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(errors=[{"field": field, "message": message}])


class Unauthenticated(TidemarkError):
    status, code, detail = (
        401,
        "unauthenticated",
        "Sign in first: the access token is missing or no longer valid.",
    )

    def __init__(self, detail: str | None = None, **options: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **options)


class Forbidden(TidemarkError):
    status, code, detail = 403, "forbidden", "This token may not do that."


class NotFound(TidemarkError):
    status, code, detail = 404, "not_found", "There is nothing here that this token may see."


class Conflict(TidemarkError):
    status, code, detail = 409, "conflict", "The request does not fit the present state."


class ValueRefused(Conflict):
    """A value of the right form that can't be used; names the field, and the reason reaches the caller."""

    code, detail = "value_refused", "A value has the right form and can't be used; `errors` names the field."

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", errors=[{"field": field, "message": message}])


class NotAcceptable(TidemarkError):
    status, code, detail = 406, "not_acceptable", "This call does not answer in a form that the request accepts."


class UnsupportedMediaType(TidemarkError):
    status, code = 415, "unsupported_media_type"
    detail = "This call does not take a body of that content type."


class MethodNotAllowed(TidemarkError):
    status, code, detail = 405, "method_not_allowed", "This address does not take that method."


class PayloadTooLarge(TidemarkError):
    status, code, detail = 413, "payload_too_large", "The request is larger than this call takes."


class Unprocessable(TidemarkError):
    status, code, detail = 422, "unprocessable", "The request contradicts an earlier one."


class TooManyRequests(TidemarkError):
    status, code, detail = 429, "too_many_requests", "Too many attempts. Wait and try again."


class Unavailable(TidemarkError):
    status, code = 503, "unavailable"
    detail = "A part of the bank cannot be reached just now. Nothing is lost; try again shortly."

    def __init__(self, detail: str | None = None, **options: Any) -> None:
        super().__init__(detail, headers={"Retry-After": "1"}, **options)
