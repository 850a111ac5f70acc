"""`/user/search` and `/user/{user_id}`."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.pages import Cursor, Limit, Page, decode_cursor, page_of
from api.shared.problems import problems
from api.shared.roles import Right
from api.users.people.schemas import FindPeople, FoundPerson, PersonRecord
from api.users.people.service import PeopleService
from api.users.sessions.schemas import Session
from api.users.sessions.service import SessionService


class PeopleController(Controller):
    path = "/user"
    tags = ("staff",)
    opt = {"right": Right.READ_USERS}  # noqa: RUF012 - as the base class declares it

    @post("/search", operation_id="FindPeople", status_code=200, responses=problems(409))
    async def find(
        self,
        data: JSONBody[FindPeople],
        autocommit: NamedDependency[AsyncConnection],
        people_service: NamedDependency[PeopleService],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[FoundPerson]:
        """Staff: users by email, by phone, or by whole words of their name; each is compared exactly."""
        return await people_service.find(autocommit, data, limit, cursor)

    @get("/{user_id:uuid}", operation_id="GetUser", responses=problems(404))
    async def record(
        self,
        user_id: FromPath[UUID],
        autocommit: NamedDependency[AsyncConnection],
        people_service: NamedDependency[PeopleService],
    ) -> PersonRecord:
        """Staff: a user, and who decided about them."""
        return await people_service.record(autocommit, user_id)

    @get("/{user_id:uuid}/session", operation_id="ListUserSessions", responses=problems())
    async def sessions(
        self,
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        autocommit: NamedDependency[AsyncConnection],
        session_service: NamedDependency[SessionService],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[Session]:
        """Staff: where a user is signed in, newest first."""
        (after,) = decode_cursor(cursor, tuple[UUID]) or (None,)
        rows = await session_service.list_live(autocommit, user_id, after, limit + 1)
        items = [
            Session(
                session_id=row.id,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at or row.created_at,
                expires_at=row.expires_at,
                current=row.id == principal.session_id,
            )
            for row in rows
        ]
        return page_of(items, limit, lambda session: (session.session_id,))
