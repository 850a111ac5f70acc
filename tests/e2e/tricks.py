"""Requests that look like something else: the ways in which people try to get past a check of the path."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# What comes after the path.
ENDINGS = r"""
    / // /. /./ . .. ... ; ;x=y ;/health /; \ /\ %20 + %09 %0a %00 %00.json %2e %2f %2F %5c %3b %3f %23 %252f
    .json .css .html /health /docs /docs/openapi.json /index.html ~ * :80
    ? ?? ?/user/health ?public=true ?_method=GET ?access_token=x ?user_id=&role=staff
    # #/user/health & %26 %u002f %c0%af %ef%bc%8f
""".split()
# Behind a service's own address these are routes that need no token.
PUBLIC_ENDINGS = ("/health", "/docs", "/docs/openapi.json")
# What comes before the path: resolved away, misread, or refused. PUBLIC is a route that needs no token.
BEGINNINGS = r"""
    / // /. /./ /%2e /.. /%2e%2e /; /%2f /%5c \ /\ %2f /x/.. /x/%2e%2e
    PUBLIC/../.. PUBLIC/%2e%2e/%2e%2e PUBLIC/.%2e/%2E. PUBLIC/..%2f.. PUBLIC/%2e%2e%2f%2e%2e PUBLIC/..;/..;
    PUBLIC/..\.. PUBLIC/..%5c.. PUBLIC/..%252f..%252f.. PUBLIC/%252e%252e PUBLIC/..%c0%af..
    PUBLIC%00 PUBLIC; PUBLIC%23 PUBLIC%3f PUBLIC/ PUBLIC
    /user/docs/assets/../../.. /user/docs/assets/..%2f..%2f.. /user/docs/assets/%2e%2e%2f%2e%2e
    http:// http: http://127.0.0.1 http://elsewhere.example https://127.0.0.1:443 ftp://127.0.0.1 file://
    //127.0.0.1 *
""".split()
METHODS = ("HEAD", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "DEBUG", "get", "post", "GET", "POST", "PUT", "DELETE")
HEADERS: tuple[dict[str, str], ...] = (
    {"X-HTTP-Method-Override": "OPTIONS", "X-HTTP-Method": "OPTIONS", "X-Method-Override": "OPTIONS"},
    {"X-HTTP-Method-Override": "GET", "X-HTTP-Method": "GET", "X-Method-Override": "GET"},
    {"X-Original-URL": "/user/health", "X-Rewrite-URL": "/user/health", "X-Original-URI": "/user/health"},
    {"X-Forwarded-Uri": "/user/health", "X-Forwarded-Path": "/user/health", "X-Forwarded-Prefix": "/user/health"},
    {"X-Envoy-Original-Path": "/user/health", "X-Envoy-Internal": "true"},
    {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1;host=localhost"},
    {"X-Forwarded-Host": "localhost", "X-Forwarded-Proto": "https"},
    {"X-Tidemark-Edge": "guessed", "X-Tidemark-App": "guessed", "X-User-Id": "1", "X-Role": "staff"},
    {"Host": "elsewhere.example"},
    {"Host": "user"},
    {"Host": ""},
    {"Connection": "Authorization, X-Request-ID"},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer ../../user/health"},
    {"Authorization": "Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiIxIiwic2NvcGUiOiJiYW5rIn0."},
    {"Authorization": "Basic YWRtaW46YWRtaW4=", "Cookie": "access_token=x; session=x"},
)


@dataclass(frozen=True)
class Trick:
    """One request: what stands in the request line, and headers."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)


def tricks(method: str, path: str) -> Iterator[Trick]:
    """Every disguise of one private route; the path as it is comes first."""
    head, _, tail = path.lstrip("/").partition("/")
    yield Trick(method, path)
    for ending in (each for each in ENDINGS if tail or each not in PUBLIC_ENDINGS):
        yield Trick(method, path + ending)
    for beginning in BEGINNINGS:
        yield Trick(method, beginning.replace("PUBLIC", f"/{head}/health") + path)
    for disguised in (
        path.upper(),
        path.title(),
        f"/{head}//{tail}",
        f"/{head}/./{tail}",
        f"/{head}/%2e/{tail}",
        f"/{head}/x/../{tail}",
        f"/{head}/health/..;/{tail}",
        f"/{head}%2f{tail}",
        f"/{head}%5c{tail}",
        f"/{head}\\{tail}",
        f"/{head};/{tail}",
        f"/{head}./{tail}",
        f"/{head}%00/{tail}",
        f"/{head}/{_escaped(tail)}",
        f"/{_escaped(head)}/{tail}",
        path.lstrip("/"),
    ):
        yield Trick(method, disguised)
    for other in METHODS:
        yield Trick(other, path)
    for headers in HEADERS:
        yield Trick(method, path, headers)


def _escaped(part: str) -> str:
    """Its first letter written as an escape."""
    return "".join(f"%{ord(letter):02x}" for letter in part[:1]) + part[1:]


class RawClient:
    """Sends request lines as they are, over one connection while it lasts; nothing is normalised on the way."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
        self._host = parts.netloc

    def send(self, trick: Trick) -> tuple[int, bytes]:
        """Status and body."""
        connection = self._connection
        connection.putrequest(trick.method, trick.target, skip_host=True, skip_accept_encoding=True)
        for name, value in ({"Host": self._host, "Content-Length": "0"} | trick.headers).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, body

    def close(self) -> None:
        self._connection.close()
