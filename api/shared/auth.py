"""Who is calling, and may they: deny by default, for every route that does not say `opt={"public": True}`.

A route says otherwise with its `opt`:
  public       no token needed
  scopes       token scopes that may call it (default: people only, `bank`)
  right        what the caller's roles must allow (api/shared/roles.py)
  expired_grace_s   accept a token that expired at most so long ago
  asks_itself  the call's own statement asks whether the session lives, in one round trip with what it does
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from litestar.connection import ASGIConnection, Request
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from api.shared.database import AsyncConnection, AsyncEngine, Statement, text
from api.shared.errors import Forbidden, Unauthenticated, Unavailable
from api.shared.roles import Right, rights_of

PEOPLE = frozenset({"bank"})
PEOPLE_AND_PROGRAMS = frozenset({"bank", "stats:read"})
ENDED = "This session has ended. Sign in again."

_LIVE_SESSION = text(
    "select user_id, roles, scope, user_approved, is_use_due"
    " from users.live_session where session_id = :session_id"
)
# Lets the owner of a program's token see when it was last used, to the minute.
_NOTE_USE = text("select users.note_session_use(:session_id)")


class Principal(msgspec.Struct, frozen=True):
    """The caller of this request; `token` is what to pass on when another service must know them too."""

    user_id: UUID
    session_id: UUID
    roles: frozenset[str]
    scope: str
    user_approved: bool
    token: str

    def may(self, right: Right) -> bool:
        """Whether one of the caller's roles allows it."""
        return right in rights_of(self.roles)

    def __repr__(self) -> str:
        return f"Principal({self.user_id})"


def bearer_token(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The token of the Authorization header; raises Unauthenticated when there is none."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated()
    return token.strip()


async def require_principal(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Application-wide guard: leaves the Principal in the connection's scope or refuses the request.

    For a call that asks about the session itself it leaves the token's Claims: whether it lives is not known yet.

    Whether the session lives is read from the database on every request, so that no service takes one that begins
    after a logout. If that cannot be asked the request is refused with 503, never let through.
    """
    if handler.opt.get("public"):
        return
    token = bearer_token(connection)
    state = connection.app.state
    claims = await state.tokens.verify(token, expired_grace_s=handler.opt.get("expired_grace_s", 0))
    if handler.opt.get("asks_itself"):
        if claims.scope not in PEOPLE:
            raise Forbidden()
        connection.scope["user"] = claims
        return
    session = await _ask(state.engine, _LIVE_SESSION, claims.session_id)
    if session is None:
        raise Unauthenticated(ENDED)
    user_id, roles, scope, user_approved, is_use_due = session
    if user_id != claims.user_id or scope != claims.scope:
        raise Unauthenticated(ENDED)
    if scope not in handler.opt.get("scopes", PEOPLE):
        raise Forbidden()
    principal = Principal(user_id, claims.session_id, frozenset(roles), scope, user_approved, token)
    if (right := handler.opt.get("right")) and not principal.may(right):
        raise Forbidden()
    if is_use_due:
        await _ask(state.engine, _NOTE_USE, claims.session_id)
    connection.scope["user"] = principal


async def _ask(engine: AsyncEngine, statement: Statement, session_id: UUID) -> tuple[Any, ...] | None:
    try:
        return await engine.row(statement, {"session_id": session_id})
    except psycopg.Error as error:
        raise Unavailable() from error


async def provide_principal(request: Request[Principal, Any, Any]) -> Principal:
    """Dependency `principal`."""
    return request.user


async def provide_transaction(
    state: State, request: Request[Any, Any, Any]
) -> AsyncGenerator[AsyncConnection, None]:
    """Dependency `transaction`: one transaction for the request, rolled back on any exception.

    Whoever signed in must still be when it is committed; see `while_signed_in`.
    """
    caller = request.scope.get("user")
    async with state.engine.begin() if caller is None else while_signed_in(state.engine, caller) as connection:
        yield connection


@asynccontextmanager
async def while_signed_in(engine: AsyncEngine, caller: Principal) -> AsyncGenerator[AsyncConnection, None]:
    """A transaction, before whose COMMIT the caller's session is asked for once more.

    A call that waited for a lock, and whose session ended meanwhile, does nothing and raises Unauthenticated.
    """
    async with engine.begin() as connection:
        yield connection
        if await connection.row(_LIVE_SESSION, {"session_id": caller.session_id}) is None:
            raise Unauthenticated(ENDED)
