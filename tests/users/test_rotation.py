"""Keys are exchanged while requests run."""

import asyncio
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import boto3
import jwt
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.shared.database import AsyncEngine
from api.users.app import create_app
from api.users.rotation import rotate_keys
from api.users.services import make_services
from api.users.sessions import repository as sessions
from api.users.settings import UsersSettings
from tests.cluster import Databases
from tests.users.people import PASSWORD, Person, code

pytestmark = pytest.mark.slow

LIVES_MAX = 8


def rotate(settings: UsersSettings, lead_s: float = 0) -> list[str]:
    """What the command does, in this process."""

    async def run() -> list[str]:
        engine = AsyncEngine(settings)
        try:
            return await rotate_keys(make_services(settings, engine), lead_s, engine)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def from_elsewhere(settings: UsersSettings) -> dict[str, str]:
    """Headers of a request from another address: many sign-ups from one are slowed down."""
    address = ".".join(str(random.randrange(1, 255)) for _ in range(4))
    return {"X-Tidemark-Edge": str(settings.edge_secret), "X-Forwarded-For": address}


def kids(client: TestClient[Litestar]) -> list[str]:
    return [key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]]


def signed_by(person: Person) -> str:
    return jwt.get_unverified_header(person.token)["kid"]


def values(database: psycopg.Connection, query: str) -> list[Any]:
    return [row[0] for row in database.execute(query).fetchall()]


def data_key_of(person: Person) -> Any:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    return client.get_item(TableName="tidemark-data-keys", Key={"user_id": {"S": person.user_id}}).get("Item")


class TestRotateKeys:
    def test_nobody_notices(
        self, client: TestClient[Litestar], settings: UsersSettings, database: psycopg.Connection
    ) -> None:
        old = [Person(client).sign_up() for _ in range(3)]
        faults: list[str] = []
        made: list[Person] = []
        stop = threading.Event()

        def live(_: int) -> None:
            for _ in range(LIVES_MAX):
                if stop.is_set():
                    return
                person = Person(client)
                body = {
                    "name": person.name, "email": person.email, "phone": person.phone, "password": PASSWORD,
                }  # fmt: skip
                for method, path, expected, sent in (
                    ("POST", "/user/create", 201, body),
                    ("POST", "/user/create", 409, body),
                    ("POST", "/user/login", 200, {"email": person.email, "password": PASSWORD}),
                ):
                    answer = client.request(method, path, json=sent, headers=from_elsewhere(settings))
                    if answer.status_code != expected:
                        faults.append(f"{path} {answer.status_code} {answer.text}")
                person.sign_in()
                if (status := person.call("GET", "/user/me").status_code) != 200:
                    faults.append(f"/user/me {status}")
                made.append(person)

        with ThreadPoolExecutor(3) as pool:
            running = [pool.submit(live, number) for number in range(3)]
            try:
                for _ in range(2):
                    rotate(settings)
            finally:
                stop.set()
            for future in running:
                future.result()
        assert faults == []
        assert len(made) > 3
        for person in old + made:
            assert person.call("GET", "/user/me").json()["email"] == person.email
            body = {"name": person.name, "email": person.email, "phone": person.phone, "password": PASSWORD}
            answer = client.post("/user/create", json=body, headers=from_elsewhere(settings))
            assert code(answer) == (409, "email_taken")
            person.sign_in()
        assert len(values(database, "select id from users.index_key")) == 1
        for table in ("email_digest", "search_term"):
            assert len(values(database, f"select distinct key_id from users.{table}")) == 1

    def test_an_email_stays_unique(
        self, settings: UsersSettings, make_client: Callable[[], TestClient[Litestar]]
    ) -> None:
        """Several sign up at once with spellings of one email, again and again, while the index key changes."""
        clients = [make_client(), make_client()]

        def sign_up(number: int, email: str) -> int:
            body = {"name": "Ada", "email": email, "phone": "+12025550123", "password": PASSWORD}
            place = clients[number % 2]
            return place.post("/user/create", json=body, headers=from_elsewhere(settings)).status_code

        rounds: list[list[int]] = []
        with ThreadPoolExecutor(5) as pool:
            rotation = pool.submit(rotate, settings)
            while not rotation.done() or not rounds:
                email = Person(clients[0]).email
                spellings = (email, email.upper(), email.replace("e", "Ｅ"), email.title())
                rounds.append(sorted(pool.map(sign_up, range(4), spellings)))
        assert rotation.result()[2].endswith("digested anew")
        assert set(map(tuple, rounds)) == {(201, 409, 409, 409)}

    def test_waits_for_who_has_read_the_old_key_alone(
        self, client: TestClient[Litestar], settings: UsersSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A sign-in has read the keys: a whole rotation just then would leave it with none that counts."""
        person = Person(client).sign_up()
        real = sessions.find_credentials
        held: list[bool] = []

        async def find_late(*arguments: Any) -> Any:
            held.append(await asyncio.to_thread(finishes_within, 1))
            return await real(*arguments)

        def finishes_within(timeout_s: float) -> bool:
            return bool(wait([pool.submit(rotate, settings)], timeout_s).done)

        with ThreadPoolExecutor(1) as pool:
            monkeypatch.setattr(sessions, "find_credentials", find_late)
            assert person.sign_in().token
            monkeypatch.undo()
        assert held == [False]
        assert person.sign_in().token

    def test_the_old_master_key_wraps_nothing_any_more(
        self, client: TestClient[Litestar], settings: UsersSettings, database: psycopg.Connection
    ) -> None:
        people = [Person(client).sign_up() for _ in range(3)]
        lines = rotate(settings)
        assert [line.split()[0] for line in lines] == ["master", "signing", "index"]
        current = lines[0].split()[2].rstrip(":")
        stored = values(
            database,
            "select master_key_id from users.index_key union select master_key_id from users.signing_key",
        )
        assert stored == [current]
        for person in people:
            assert data_key_of(person)["master_key_id"]["S"] == current

    def test_a_deleted_user_does_not_come_back(
        self, client: TestClient[Litestar], settings: UsersSettings
    ) -> None:
        person = Person(client).sign_up()
        answer = person.call("DELETE", "/user/delete", json={"current_password": PASSWORD})
        assert answer.status_code == 204
        rotate(settings)
        assert data_key_of(person) is None

    def test_an_unreadable_user_keeps_the_old_index_key(
        self, client: TestClient[Litestar], settings: UsersSettings, database: psycopg.Connection
    ) -> None:
        person = Person(client).sign_up()
        before = database.execute("select email from users.user where id = %s", (person.user_id,)).fetchone()
        database.execute("update users.user set email = 'junk' where id = %s", (person.user_id,))
        assert "1 users cannot be read" in rotate(settings)[2]
        assert person.sign_in().token
        assert before is not None
        database.execute("update users.user set email = %s where id = %s", (before[0], person.user_id))
        assert rotate(settings)[2].endswith("users digested anew")
        assert person.sign_in().token
        assert len(values(database, "select id from users.index_key")) == 1


class TestSigningKeys:
    @pytest.fixture
    def client(self, settings: UsersSettings, databases: Databases) -> Any:
        """A bank of its own: the keys of other tests would be in the way."""
        self.settings = replace(settings, database_url=databases.url("users_app"))
        self.database_url = databases.superuser_url()
        with TestClient(create_app(self.settings), raise_server_exceptions=False) as client:
            yield client

    def test_is_published_before_it_signs(self, client: TestClient[Litestar]) -> None:
        person = Person(client).sign_up()
        (first,) = kids(client)
        rotate(self.settings, lead_s=3600)
        new, old = kids(client)
        assert old == first
        assert signed_by(person.sign_in()) == first
        self.pass_time("59 minutes")
        assert signed_by(person.sign_in()) == first
        self.pass_time("1 minute")
        assert signed_by(person.sign_in()) == new

    def test_is_kept_until_its_last_token_has_expired(self, client: TestClient[Litestar]) -> None:
        person = Person(client).sign_up()
        (first,) = kids(client)
        rotate(self.settings)
        second = kids(client)[0]
        assert person.call("GET", "/user/me").status_code == 200
        self.pass_time("40 minutes")
        assert kids(client) == [second, first]
        self.pass_time("10 seconds")
        assert kids(client) == [second]

    def test_is_kept_for_a_programs_token(self, client: TestClient[Litestar]) -> None:
        person = Person(client).sign_up()
        created = person.call("POST", "/user/token", json={"name": "report"}).json()
        (first,) = kids(client)
        rotate(self.settings)
        second = kids(client)[0]
        self.pass_time("2 hours")
        assert kids(client) == [second, first]
        assert person.call("DELETE", f"/user/token/{created['token_id']}").status_code == 204
        assert kids(client) == [second]
        rotate(self.settings)
        with psycopg.connect(self.database_url) as connection:
            assert first not in values(connection, "select id from users.signing_key")

    def pass_time(self, interval: str) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(f"update users.signing_key set active_from = active_from - interval '{interval}'")
