"""A call whose session ends while it waits changes nothing, whoever it is for."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from tests.users.conftest import EndWhileWaiting
from tests.users.people import PASSWORD, Person, code

pytestmark = pytest.mark.slow

CONFIRMED = {"json": {"current_password": PASSWORD}}
# Each call that changes something, as its caller makes it about a person.
OWN: dict[str, Callable[[Person], httpx.Response]] = {
    "UpdateUser": lambda person: person.call("PUT", "/user/update", json={"name": "Eve"}),
    "DeleteUser": lambda person: person.call("DELETE", "/user/delete", **CONFIRMED),
    "DeleteUserByPost": lambda person: person.call("POST", "/user/delete", **CONFIRMED),
    "PutPhoto": lambda person: person.send_photo(),
    "CreateToken": lambda person: person.call("POST", "/user/token", json={"name": "reader"}),
}
STAFF: dict[str, Callable[[Person, Person], httpx.Response]] = {
    "DecideReview": lambda staff, person: staff.call(
        "POST", f"/user/review/{person.user_id}", json={"decision": "reject", "reason": "blurred"}
    ),
    "SignOutCustomer": lambda staff, person: staff.call("POST", f"/user/recovery/{person.user_id}/sign-out"),
    "IssueResetCode": lambda staff, person: staff.call("POST", f"/user/recovery/{person.user_id}/code"),
}
OTHERS = {
    # Without a session.
    *("CreateUser", "Login", "ResetPassword"),
    # They only take a session or a token away: what waits meanwhile ends one that would have been ended.
    *("Logout", "EndSession", "RevokeToken"),
    # One statement, on the session's own row.
    "Refresh",
    # It reads.
    "FindPeople",
}


class TestEveryChange:
    @pytest.mark.parametrize("name", OWN)
    def test_of_ones_own(
        self, person: Person, database: psycopg.Connection, end_while_waiting: EndWhileWaiting, name: str
    ) -> None:
        before = content(database, person)
        answer = end_while_waiting(person, lambda: OWN[name](person))
        assert code(answer) == (401, "unauthenticated")
        assert content(database, person) == before

    @pytest.mark.parametrize("name", STAFF)
    def test_by_staff(
        self,
        person: Person,
        staff: Person,
        database: psycopg.Connection,
        end_while_waiting: EndWhileWaiting,
        name: str,
    ) -> None:
        person.send_photo()
        before = content(database, person)
        answer = end_while_waiting(person, lambda: STAFF[name](staff, person), asker=staff)
        assert code(answer) == (401, "unauthenticated")
        assert content(database, person) == before
        assert person.call("GET", "/user/me").status_code == 200
        staff.sign_in()
        assert STAFF[name](staff, person).is_success
        assert content(database, person) != before

    def test_there_is_no_other(self, client: TestClient[Litestar]) -> None:
        """A new call is tried here too."""
        changing = {
            handler.operation_id
            for route in client.app.routes
            for handler in getattr(route, "route_handlers", ())
            if isinstance(handler, HTTPRouteHandler)
            if handler.http_methods & {"POST", "PUT", "DELETE", "PATCH"}
        }
        assert changing == {*OWN, *STAFF, *OTHERS}


def content(database: psycopg.Connection, person: Person) -> list[tuple[Any, ...]]:
    """What the calls may change about a person."""
    return database.execute(
        "select u::text,"
        " (select count(*) from users.session s where s.user_id = u.id and s.scope = 'stats:read'),"
        " (select count(*) from users.reset_code c where c.user_id = u.id),"
        " (select count(*) from users.intervention i where i.user_id = u.id),"
        " (select count(*) from users.review_decision d where d.user_id = u.id)"
        " from users.user u where u.id = %s",
        (person.user_id,),
    ).fetchall()
