"""A small service made by `make_app`, on a real database, with a token issuer of its own."""

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import jwt
import msgspec
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import RSAAlgorithm
from litestar import Litestar, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from litestar.testing import TestClient

from api.shared.app import make_app
from api.shared.auth import PEOPLE_AND_PROGRAMS, Principal
from api.shared.database import AsyncConnection, text
from api.shared.errors import Conflict
from api.shared.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.shared.problems import problems
from api.shared.request_log import JsonFormatter
from api.shared.roles import Right
from api.shared.settings import ServiceSettings
from tests.cluster import Databases

KEY = generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = {"use": "sig", "kid": "k", **RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)}
SENT = "what-somebody-sent"
MakeToken = Callable[..., str]
Log = Callable[[], list[dict[str, Any]]]


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class Posting(msgspec.Struct, forbid_unknown_fields=True):
    amount: int
    flag: bool = False
    inner: Inner | None = None


@post("/thing/open", opt={"public": True}, responses=problems())
async def open_thing(data: JSONBody[Posting]) -> Posting:
    return data


@post("/thing/write", opt={"public": True})
async def write(transaction: NamedDependency[AsyncConnection], data: JSONBody[Posting]) -> Posting:
    await transaction.execute(text("insert into public.thing values (:amount)"), {"amount": data.amount})
    if data.flag:
        raise Conflict
    return data


@get("/thing/break", opt={"public": True}, sync_to_thread=False)
def break_it() -> None:
    raise RuntimeError(SENT)


@get(["/thing/page", "/thing/{shelf:int}/page"], opt={"public": True}, sync_to_thread=False)
def page(limit: Limit = 2, cursor: Cursor = None, word: FromQuery[str | None] = None) -> Page[int]:
    (first,) = decode_cursor(cursor, tuple[int]) or (0,)
    return Page(list(range(first, first + limit)), encode_cursor(first + limit))


@get("/thing/me")
async def me(principal: NamedDependency[Principal]) -> dict[str, Any]:
    return {
        "user_id": str(principal.user_id),
        "staff": principal.may(Right.ACT_ON_ACCOUNTS),
        "approved": principal.user_approved,
    }


@get("/thing/programs", opt={"scopes": PEOPLE_AND_PROGRAMS})
async def programs() -> None:
    """For people and programs."""


@get("/thing/staff", opt={"right": Right.ACT_ON_ACCOUNTS})
async def staff() -> None:
    """For staff."""


@get("/thing/analysts", opt={"right": Right.READ_STATISTICS})
async def analysts() -> None:
    """For staff and analysts."""


@get("/thing/grace", opt={"expired_grace_s": 900})
async def grace() -> None:
    """Takes expired tokens for a while."""


@pytest.fixture(scope="module")
def database(module_databases: Databases) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_databases.superuser_url(), autocommit=True) as connection:
        connection.execute("create table public.thing (amount bigint)")
        connection.execute("grant select, insert on public.thing to stats_app")
        connection.execute("grant usage on schema public to stats_app")
        yield connection


@pytest.fixture(scope="module")
def settings(module_databases: Databases) -> ServiceSettings:
    return ServiceSettings(
        database_url=module_databases.url("stats_app"),
        gateway_url="http://127.0.0.1:1",
        issuer="bank",
        pool_size=2,
    )


async def _keys() -> dict[str, Any]:
    return {"keys": [PUBLIC]}


@pytest.fixture(scope="module")
def app(settings: ServiceSettings) -> Litestar:
    return make_app(
        name="things",
        path="thing",
        settings=settings,
        controllers=[open_thing, write, break_it, page, me, programs, staff, analysts, grace],
        key_source=_keys,
        max_body_bytes=100_000,
    )


@pytest.fixture(scope="module")
def client(app: Litestar, database: psycopg.Connection) -> Iterator[TestClient[Litestar]]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def log(client: TestClient[Litestar], capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    """Reads what a service writes to its log during this test, the lines of requests last."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in (written.getvalue() + capsys.readouterr().out).splitlines()]
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def make_token(database: psycopg.Connection) -> MakeToken:
    """Signs in a new user of given roles; gives their token. `scope` and times can be chosen."""

    def make_token(
        *,
        roles: str = "{}",
        scope: str = "bank",
        session_scope: str | None = None,
        age_s: int = 0,
        approved: bool = False,
    ) -> str:
        user_id, session_id = uuid4(), uuid4()
        database.execute(
            "insert into users.user (id, data_key_id, name, email, phone, roles, approved_at)"
            " values (%s, %s, '', '', '', %s, %s)",
            (user_id, uuid4(), roles, "now" if approved else None),
        )
        kept = session_scope or scope
        database.execute(
            "insert into users.session (id, user_id, scope, label, signing_key_id, idle_expires_at, expires_at)"
            " values (%s, %s, %s, %s, 'k', now() + interval '1 hour', now() + interval '1 hour')",
            (session_id, user_id, kept, "x" if kept == "stats:read" else None),
        )
        return sign(user_id, session_id, scope, age_s)

    return make_token


def sign(user_id: UUID, session_id: UUID, scope: str = "bank", age_s: int = 0) -> str:
    now = int(time.time()) - age_s
    claims = {
        "iss": "bank",
        "aud": "tidemark",
        "sub": str(user_id),
        "sid": str(session_id),
        "scope": scope,
        "iat": now,
        "exp": now + 900,
        "jti": uuid4().hex,
    }
    return jwt.encode(claims, KEY, algorithm="RS256", headers={"typ": "at+jwt", "kid": "k"})
