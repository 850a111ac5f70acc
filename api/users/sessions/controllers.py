"""`/user/login`, `/user/logout`, `/user/refresh`, `/user/session`, `/user/token`."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.shared.problems import problems
from api.users.client_address import client_address
from api.users.sessions.program_tokens import ProgramTokenService
from api.users.sessions.repository import SessionRow
from api.users.sessions.schemas import (
    AccessToken,
    CreateToken,
    Login,
    NewProgramToken,
    ProgramToken,
    Session,
)
from api.users.sessions.service import SessionService

REFRESH_GRACE_S = 900
NO_STORE = {"Cache-Control": "no-store"}


class SignInController(Controller):
    path = "/user"
    tags = ("session",)

    @post(
        "/login",
        operation_id="Login",
        status_code=200,
        opt={"public": True},
        security=[{}],
        responses=problems(),
    )
    async def login(
        self,
        data: JSONBody[Login],
        request: Request[Any, Any, Any],
        session_service: NamedDependency[SessionService],
    ) -> Response[AccessToken]:
        """Sign in. Whatever is wrong with the credentials is answered alike."""
        address = client_address(request, request.app.state.settings)
        token = await session_service.login(data.email, data.password, address)
        return Response(token, headers=NO_STORE)

    @post("/logout", operation_id="Logout", status_code=204, responses=problems())
    async def logout(
        self,
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        session_service: NamedDependency[SessionService],
    ) -> None:
        """End this session. After the answer no call of it begins, and none that waits is carried out.

        Only what is being written at that moment is completed.
        """
        await session_service.end(autocommit, principal.user_id, principal.session_id)

    @post(
        "/refresh",
        operation_id="Refresh",
        status_code=200,
        opt={"expired_grace_s": REFRESH_GRACE_S},
        responses=problems(),
    )
    async def refresh(
        self,
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        session_service: NamedDependency[SessionService],
    ) -> Response[AccessToken]:
        """A new token for a live session; the present one may have expired up to 15 minutes ago."""
        token = await session_service.refresh(transaction, principal.user_id, principal.session_id)
        return Response(token, headers=NO_STORE)


class SessionController(Controller):
    path = "/user/session"
    tags = ("session",)

    @get(operation_id="ListSessions", responses=problems())
    async def list_sessions(
        self,
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        session_service: NamedDependency[SessionService],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[Session]:
        """Where the user is signed in, newest first."""
        rows = await session_service.list_live(autocommit, principal.user_id, _after(cursor), limit + 1)
        items = [
            Session(
                session_id=row.id,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at or row.created_at,
                expires_at=row.expires_at,
                current=row.id == principal.session_id,
            )
            for row in rows[:limit]
        ]
        return Page(items, _next_cursor(rows, limit))

    @delete("/{session_id:uuid}", operation_id="EndSession", responses=problems(404))
    async def end(
        self,
        session_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        session_service: NamedDependency[SessionService],
    ) -> None:
        """End one of the user's sessions."""
        await session_service.end(autocommit, principal.user_id, session_id)


class ProgramTokenController(Controller):
    path = "/user/token"
    tags = ("program token",)

    @post(operation_id="CreateToken", responses=problems(409))
    async def create(
        self,
        data: JSONBody[CreateToken],
        principal: NamedDependency[Principal],
        transaction: NamedDependency[AsyncConnection],
        program_token_service: NamedDependency[ProgramTokenService],
    ) -> Response[NewProgramToken]:
        """A token with which a program may read the user's statistics. It is shown this once."""
        row, token = await program_token_service.create(
            transaction, principal.user_id, principal.session_id, data.name, data.expires_in_days
        )
        created = NewProgramToken(
            token_id=row.id,
            name=data.name,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=None,
            access_token=token,
        )
        return Response(created, headers=NO_STORE)

    @get(operation_id="ListTokens", responses=problems())
    async def list_tokens(
        self,
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        program_token_service: NamedDependency[ProgramTokenService],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[ProgramToken]:
        """The user's program tokens that are alive, newest first."""
        rows = await program_token_service.list_live(autocommit, principal.user_id, _after(cursor), limit + 1)
        items = [
            ProgramToken(
                token_id=row.id,
                name=row.label or "",
                created_at=row.created_at,
                expires_at=row.expires_at,
                last_used_at=row.last_seen_at,
            )
            for row in rows[:limit]
        ]
        return Page(items, _next_cursor(rows, limit))

    @delete("/{token_id:uuid}", operation_id="RevokeToken", responses=problems(404))
    async def revoke(
        self,
        token_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        program_token_service: NamedDependency[ProgramTokenService],
    ) -> None:
        """Revoke a program token: what is being read at that moment is answered, and nothing afterwards."""
        await program_token_service.revoke(autocommit, principal.user_id, token_id)


def _after(cursor: str | None) -> UUID | None:
    (after,) = decode_cursor(cursor, tuple[UUID]) or (None,)
    return after


def _next_cursor(rows: list[SessionRow], limit: int) -> str | None:
    return encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
