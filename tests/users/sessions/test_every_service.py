"""What ends a session ends it at every service and instance, and without the session store nobody is let in."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.accounts.app import create_app as create_accounts
from api.accounts.settings import AccountsSettings
from api.events.app import create_app as create_events
from api.events.settings import EventsSettings
from api.stats.app import create_app as create_stats
from api.stats.settings import StatsSettings
from api.users.app import create_app as create_users
from api.users.settings import UsersSettings
from tests.cluster import Databases
from tests.users.people import PASSWORD, Person, code

pytestmark = pytest.mark.slow

Clients = Mapping[str, TestClient[Litestar]]
PATHS = {
    "users": "/user/me",
    "accounts": "/account/user/{user_id}",
    "stats": "/stats/metrics",
    "events": "/events",
}
# A call that moves money asks about the session itself. Whoever is let in hears what is wrong with the transfer.
TRANSFER = {"from": str(uuid4()), "to": str(uuid4()), "amount": 1}
LET_IN = (409, "user_not_approved")
DEAD = "postgresql://nobody@127.0.0.1:1/none"
IN_FLIGHT = 50


@pytest.fixture(scope="module")
def start(
    settings: UsersSettings, module_databases: Databases, client: TestClient[Litestar]
) -> Iterator[Callable[..., Clients]]:
    """Starts an instance of each service, on the bank's database or on another."""

    async def keys() -> dict[str, Any]:
        return client.get("/.well-known/jwks.json").json()

    with ExitStack() as stack:

        def start(url: str | None = None) -> Clients:
            def common(role: str) -> dict[str, Any]:
                return {
                    "database_url": url or module_databases.url(role),
                    "gateway_url": settings.gateway_url,
                    "issuer": settings.issuer,
                }

            apps = {
                "users": create_users(
                    UsersSettings(**common("users_app"), master_key_file=settings.master_key_file)
                ),
                "accounts": create_accounts(AccountsSettings(**common("accounts_app")), keys),
                "stats": create_stats(StatsSettings(**common("stats_app")), keys),
                "events": create_events(EventsSettings(**common("events_app")), keys),
            }
            clients = {
                name: stack.enter_context(TestClient(app, raise_server_exceptions=False))
                for name, app in apps.items()
            }
            return {**clients, "money": clients["accounts"]}

        yield start


@pytest.fixture(scope="module")
def instances(start: Callable[..., Clients]) -> list[Clients]:
    """Two of each service."""
    return [start(), start()]


def ask(person: Person, name: str, client: TestClient[Litestar]) -> tuple[int, str]:
    """Status and code of a call with the person's token."""
    headers = {"Authorization": f"Bearer {person.token}"}
    if name == "money":
        refused = code(client.post("/account/transfer", headers=headers, json=TRANSFER))
        return (200, "") if refused == LET_IN else refused
    answer = client.get(PATHS[name].format(user_id=person.user_id), headers=headers)
    return (200, "") if answer.status_code == 200 else code(answer)


def ask_all(person: Person, instances: list[Clients]) -> set[tuple[int, str]]:
    return {ask(person, name, client) for clients in instances for name, client in clients.items()}


def end_elsewhere(person: Person, _: psycopg.Connection) -> None:
    other = person.again()
    for item in other.call("GET", "/user/session").json()["items"]:
        if not item["current"]:
            assert other.call("DELETE", f"/user/session/{item['session_id']}").status_code == 204


def change_password_elsewhere(person: Person, _: psycopg.Connection) -> None:
    change = {"current_password": PASSWORD, "new_password": "another battery staple"}
    assert person.again().call("PUT", "/user/update", json=change).status_code == 200


def delete_user(person: Person, _: psycopg.Connection) -> None:
    assert person.call("DELETE", "/user/delete", json={"current_password": PASSWORD}).status_code == 204


def pass_time(column: str, interval: str) -> Callable[[Person, psycopg.Connection], None]:
    def pass_it(person: Person, database: psycopg.Connection) -> None:
        moved = f"update users.session set {column} = {column} - interval '{interval}' where user_id = %s"
        database.execute(moved, (person.user_id,))

    return pass_it


class TestEveryService:
    @pytest.mark.parametrize(
        "end",
        [
            lambda person, _: person.call("POST", "/user/logout"),
            end_elsewhere,
            change_password_elsewhere,
            delete_user,
            pass_time("idle_expires_at", "30 minutes"),
            pass_time("expires_at", "12 hours"),
        ],
        ids=["logout", "ended elsewhere", "new password", "user deleted", "not refreshed", "12 hours"],
    )
    def test_refuses_an_ended_session(
        self,
        person: Person,
        instances: list[Clients],
        database: psycopg.Connection,
        end: Callable[[Person, psycopg.Connection], object],
    ) -> None:
        assert ask_all(person, instances) == {(200, "")}
        end(person, database)
        assert ask_all(person, instances) == {(401, "unauthenticated")}

    def test_refuses_after_the_answer_to_a_logout_with_requests_in_flight(
        self, person: Person, instances: list[Clients]
    ) -> None:
        doors = [(name, client) for clients in instances for name, client in clients.items()]
        answered = threading.Event()
        started = threading.Semaphore(0)

        def keep_asking(number: int) -> list[tuple[bool, int]]:
            """Asks until after the answer to the logout: whether it was there before the call, and the status."""
            told: list[tuple[bool, int]] = []
            while not (told and told[-1][0]):
                was_answered = answered.is_set()
                told.append((was_answered, ask(person, *doors[number % len(doors)])[0]))
                started.release()
            return told

        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            asking = [pool.submit(keep_asking, number) for number in range(IN_FLIGHT)]
            try:
                for _ in range(IN_FLIGHT):
                    assert started.acquire(timeout=60)
                assert person.call("POST", "/user/logout").status_code == 204
            finally:
                answered.set()
            told = [answer for future in asking for answer in future.result()]
        assert {status for was_answered, status in told if was_answered} == {401}
        assert {status for was_answered, status in told if not was_answered} <= {200, 401}
        assert (False, 200) in told

    def test_lets_nobody_in_while_sessions_cannot_be_looked_up(
        self, person: Person, instances: list[Clients], database: psycopg.Connection
    ) -> None:
        """The tokens were verified before and are remembered: that must not be enough."""
        assert ask_all(person, instances) == {(200, "")}
        database.execute("alter view users.live_session rename to hidden")
        try:
            assert ask_all(person, instances) == {(503, "unavailable")}
        finally:
            database.execute("alter view users.hidden rename to live_session")
        assert ask_all(person, instances) == {(200, "")}

    def test_lets_nobody_in_while_its_database_is_gone(
        self, person: Person, start: Callable[..., Clients]
    ) -> None:
        assert ask_all(person, [start(DEAD)]) == {(503, "unavailable")}
