"""One way to call the bank's API: typed answers, one kind of error, time limits, careful retries."""

import codecs
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from ui.clients.errors import ApiError, FieldProblem

T = TypeVar("T")
TokenSource = Callable[[], str]

TIMEOUT = httpx.Timeout(15.0, connect=3.0)
RETRY_DELAYS_S = (0.2, 0.6)
CSV_PAGE_ROWS = 1000
_GATEWAY_TROUBLE = {502, 503, 504}
_CODES_OF_THE_GATEWAY = {401: "unauthenticated", 413: "payload_too_large", 429: "too_many_requests"}


class Page(msgspec.Struct, Generic[T]):
    """One page of a list; `next_cursor` is None on the last."""

    items: list[T]
    next_cursor: str | None = None


class _Problem(msgspec.Struct):
    code: str = "error"
    detail: str = ""
    errors: list[FieldProblem] | None = None


class Gateway:
    """The connection pool to the gateway, shared by everyone who uses the app. Thread-safe."""

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # trust_env off: a proxy or .netrc of the machine must never see a customer's token.
        self._http = httpx.Client(base_url=base_url, timeout=TIMEOUT, transport=transport, trust_env=False)
        self._sleep = sleep

    def request(self, method: str, path: str, **options: Any) -> bytes:
        """Send one call and give the body of a successful answer; raises ApiError. Options as in `_request`."""
        return self._request(method, path, **options).content

    def _request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        query: Mapping[str, str | int | None] | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one call and give its successful answer.

        Calls that may be repeated without harm (reading, or writing with an idempotency `key`) are tried
        again when the connection or a service fails for a moment; others only when nothing was sent.
        """
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if key is not None:
            sent["Idempotency-Key"] = key
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            sent["Content-Type"] = "application/json"
        request = self._http.build_request(
            method,
            path,
            headers=sent,
            content=content,
            files=files,
            params={name: value for name, value in query.items() if value is not None} if query else None,
        )
        return self._send(request, may_repeat=method == "GET" or key is not None)

    def _send(self, request: httpx.Request, *, may_repeat: bool) -> httpx.Response:
        for delay_s in (*RETRY_DELAYS_S, None):
            try:
                response = self._http.send(request)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                if delay_s is None:
                    raise ApiError("unreachable") from error
            except httpx.TransportError as error:
                if delay_s is None or not may_repeat:
                    raise ApiError("no_answer") from error
            else:
                if response.is_success:
                    return response
                if delay_s is None or not may_repeat or response.status_code not in _GATEWAY_TROUBLE:
                    raise _error_from(response)
            self._sleep(delay_s)
        raise AssertionError("the last attempt either answers or raises")

    def call(self, answer: type[T], method: str, path: str, **options: Any) -> T:
        """Like `request`, with the answer decoded into `answer`."""
        content = self.request(method, path, **options)
        try:
            return msgspec.json.decode(content, type=answer)
        except msgspec.MsgspecError as error:
            raise ApiError("bad_answer") from error

    def csv(
        self, path: str, *, token: TokenSource, query: Mapping[str, str | int | None], at_most_pages: int = 1000
    ) -> bytes:
        """A list as the service's own CSV, its pages put together, with the mark that tells UTF-8."""
        parts: list[bytes] = []
        following: str | None = path
        while following is not None and len(parts) < at_most_pages:
            response = self._request(
                "GET",
                following,
                token=token(),
                query={} if parts else {**query, "format": "csv", "limit": CSV_PAGE_ROWS},
            )
            # Each page repeats the line of column names.
            parts.append(response.content.split(b"\r\n", 1)[1] if parts else response.content)
            following = response.links.get("next", {}).get("url")
        return codecs.BOM_UTF8 + b"".join(parts)

    def pages(
        self,
        item: type[T],
        path: str,
        *,
        token: str,
        query: Mapping[str, str | int | None] | None = None,
        at_most: int = 5000,
    ) -> Iterator[T]:
        """Every item of a list, page after page, up to `at_most` items."""
        cursor: str | None = None
        count = 0
        while True:
            page = self.call(
                Page[item],  # type: ignore[valid-type]
                "GET",
                path,
                token=token,
                query={**(query or {}), "cursor": cursor},
            )
            for found in page.items:
                yield found
                count += 1
                if count >= at_most:
                    return
            cursor = page.next_cursor
            if cursor is None:
                return


def _error_from(response: httpx.Response) -> ApiError:
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.MsgspecError:
        # Not one of our services: the gateway itself, or something in between.
        code = "unavailable" if response.status_code >= 500 else "error"
        problem = _Problem(code=_CODES_OF_THE_GATEWAY.get(response.status_code, code))
    try:
        retry_after_s = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        retry_after_s = None
    return ApiError(
        problem.code,
        problem.detail,
        status=response.status_code,
        errors=tuple(problem.errors or ()),
        retry_after_s=retry_after_s,
    )
