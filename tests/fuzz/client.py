"""Sends requests byte by byte as they were made up: no library stands between that would mend or refuse them."""

import contextlib
import http.client
import socket
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from tests.fuzz.operations import Request

ANSWER_WITHIN_S = 30.0
# Who announces a body and does not send it waits in vain: these are not waited for, and their silence is no fault.
FRAMING = {"content-length", "transfer-encoding", "expect", "upgrade"}
FRAMED_WITHIN_S = 2.0
# What may stand in an address as it is, the damaged escapes among it.
IN_PATH = "/%?#;:@&=+$,!*'()~.-_"


@dataclass(frozen=True)
class Answer:
    """A status, 0 when there was none; `is_owed`: the request was whole, so there should have been one."""

    status: int
    is_owed: bool


class Client:
    """One connection, made anew whenever the other side ended it."""

    def __init__(self, gateway: str) -> None:
        address = urlsplit(gateway)
        self._address = (str(address.hostname), int(address.port or 80))
        self._socket: socket.socket | None = None

    def send(self, request: Request, token: str, extra: dict[str, str]) -> Answer:
        """The answer to one request; a connection that had ended is tried once more with a new one."""
        wire = self.written(request, token, extra)
        is_whole = not any(name.lower() in FRAMING for name, _ in request.headers)
        for is_last in (self._socket is None, True):
            try:
                return Answer(self._exchange(wire, request.method, is_whole=is_whole), is_whole)
            except (OSError, http.client.HTTPException):
                self.close()
                if is_last:
                    break
        return Answer(0, is_whole)

    def written(self, request: Request, token: str, extra: dict[str, str]) -> bytes:
        """The request as it goes out."""
        query = "&".join(f"{quote_bytes(name)}={quote_bytes(value)}" for name, value in request.query)
        target = quote(request.path.encode("utf-8", "surrogatepass"), safe=IN_PATH) + (
            "?" + query if query else ""
        )
        named = {name.lower() for name, _ in request.headers}
        headers = [("Host", f"{self._address[0]}:{self._address[1]}")] if "host" not in named else []
        headers += [*extra.items(), *request.headers]
        if token and "authorization" not in named:
            headers.append(("Authorization", f"Bearer {token}"))
        if not named & {"content-length", "transfer-encoding"} and (request.body or request.method != "GET"):
            headers.append(("Content-Length", str(len(request.body))))
        lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1", "replace") + request.body

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, wire: bytes, method: str, *, is_whole: bool) -> int:
        if self._socket is None:
            self._socket = socket.create_connection(self._address)
        self._socket.settimeout(ANSWER_WITHIN_S if is_whole else FRAMED_WITHIN_S)
        with contextlib.suppress(BrokenPipeError):
            # A body that is refused is not read to its end; the answer may be there all the same.
            self._socket.sendall(wire)
        answer = http.client.HTTPResponse(self._socket, method=method)
        answer.begin()
        answer.read()
        if answer.will_close or not is_whole:
            self.close()
        return answer.status


def quote_bytes(text: str) -> str:
    """Percent-encoded, lone surrogates too."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")
