"""Slowing down who guesses, without locking out who owns."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.shared.database import AsyncEngine, text
from api.users.passwords import hashing, throttle
from api.users.passwords.throttle import ACCOUNT, PAIR, Rule, count_attempt
from api.users.settings import UsersSettings
from tests.users.passwords.conftest import WRONG, Login
from tests.users.people import PASSWORD, Person

pytestmark = pytest.mark.slow


def pass_time(database: psycopg.Connection, seconds: float) -> None:
    """Makes every block and failure older, as if the time had passed."""
    database.execute(
        "update users.throttle set blocked_until = blocked_until - make_interval(secs => %(s)s),"
        " last_at = last_at - make_interval(secs => %(s)s)",
        {"s": seconds},
    )


def longest_block(database: psycopg.Connection) -> float:
    row = database.execute(
        "select coalesce(max(extract(epoch from blocked_until - clock_timestamp())), 0)::float from users.throttle"
    ).fetchone()
    assert row is not None
    return row[0]


class TestAccountAndSource:
    def test_a_few_cost_nothing(self, login: Login, person: Person) -> None:
        assert [login(person.email, WRONG, "198.51.100.9") for _ in range(5)] == [401] * 5
        assert login(person.email, PASSWORD, "198.51.100.9") == 200

    def test_the_delay_grows_and_ends(self, login: Login, person: Person, database: psycopg.Connection) -> None:
        for _ in range(6):
            login(person.email, WRONG, "198.51.100.1")
        delays = []
        for _ in range(5):
            delays.append(longest_block(database))
            assert login(person.email, PASSWORD, "198.51.100.1") == 401
            pass_time(database, delays[-1])
            login(person.email, WRONG, "198.51.100.1")
        assert [round(delay) for delay in delays] == [1, 2, 4, 8, 16]
        pass_time(database, longest_block(database))
        assert login(person.email, PASSWORD, "198.51.100.1") == 200

    def test_the_delay_has_an_end(self, login: Login, person: Person, database: psycopg.Connection) -> None:
        for _ in range(30):
            login(person.email, WRONG, "198.51.100.2")
            pass_time(database, longest_block(database))
        login(person.email, WRONG, "198.51.100.2")
        assert longest_block(database) <= 900

    def test_attempts_while_blocked_count_nothing(
        self, login: Login, person: Person, database: psycopg.Connection
    ) -> None:
        for _ in range(50):
            login(person.email, WRONG, "198.51.100.3")
        assert longest_block(database) <= 2

    def test_an_attempt_while_blocked_writes_too(self, settings: UsersSettings) -> None:
        """A commit with nothing to write would be faster, and tell that the password was not looked at."""

        async def attempt(engine: AsyncEngine) -> tuple[bool, bool]:
            async with engine.begin() as connection:
                is_allowed = await count_attempt(connection, [(b"account", ACCOUNT), (b"pair", PAIR)])
                written = await connection.value(text("select pg_current_xact_id_if_assigned() is not null"))
                return is_allowed, written

        async def attempts() -> list[tuple[bool, bool]]:
            engine = AsyncEngine(settings)
            try:
                return [await attempt(engine) for _ in range(8)]
            finally:
                await engine.dispose()

        assert asyncio.run(attempts()) == [(True, True)] * 6 + [(False, True)] * 2

    def test_an_attempt_that_cannot_be_looked_at_counts_nothing(
        self, login: Login, person: Person, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """During a flood of logins the owner's own attempts must not slow them down."""
        monkeypatch.setattr(hashing, "QUEUE_MAX", 0)
        counted = "select sum(failures) from users.throttle"
        before = database.execute(counted).fetchone()
        assert [login(person.email, PASSWORD, "198.51.100.8") for _ in range(7)] == [503] * 7
        change = {"current_password": PASSWORD, "name": "Ada Lind"}
        assert person.call("PUT", "/user/update", json=change).status_code == 503
        assert database.execute(counted).fetchone() == before

    def test_many_at_once_do_not_slip_through(
        self, login: Login, person: Person, database: psycopg.Connection
    ) -> None:
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda _: login(person.email, WRONG, "198.51.100.4"), range(24)))
        row = database.execute("select max(failures) from users.throttle").fetchone()
        assert row is not None
        assert row[0] <= 7

    def test_a_day_later_all_is_forgotten(
        self, login: Login, person: Person, database: psycopg.Connection
    ) -> None:
        for _ in range(6):
            login(person.email, WRONG, "198.51.100.5")
        pass_time(database, 86_401)
        assert [login(person.email, WRONG, "198.51.100.5") for _ in range(5)] == [401] * 5
        assert login(person.email, PASSWORD, "198.51.100.5") == 200

    def test_unknown_emails_are_throttled_alike(self, login: Login, database: psycopg.Connection) -> None:
        for _ in range(7):
            login("nobody-at-all@example.com", WRONG, "198.51.100.6")
        assert longest_block(database) > 0

    def test_every_spelling_of_an_email_is_one_account(
        self, login: Login, person: Person, database: psycopg.Connection
    ) -> None:
        spellings = (
            person.email.upper(),
            f" {person.email} ",
            person.email.replace("@", "＠"),
            person.email.title(),
        )
        for number, spelling in enumerate(spellings * 6):
            login(spelling, WRONG, f"198.51.100.{number}")
        row = database.execute("select max(failures) from users.throttle").fetchone()
        assert row == (21,)


class TestOwner:
    def test_is_not_locked_out_where_they_signed_in_before(self, login: Login, person: Person) -> None:
        assert login(person.email, PASSWORD, "192.0.2.1") == 200
        for number in range(40):
            login(person.email, WRONG, f"198.51.100.{number}")
        assert login(person.email, PASSWORD, "192.0.2.99") == 401
        assert login(person.email, PASSWORD, "192.0.2.1") == 200

    def test_has_attempts_of_their_own_behind_an_address_that_guesses(
        self, login: Login, person: Person, database: psycopg.Connection
    ) -> None:
        assert login(person.email, PASSWORD, "192.0.2.2") == 200
        for number in range(101):
            login(f"neighbour{number}@example.com", WRONG, "192.0.2.2")
        assert longest_block(database) > 0
        for _ in range(30):
            login(person.email, WRONG, "192.0.2.2")
        assert login(person.email, PASSWORD, "192.0.2.2") == 200

    def test_even_there_guesses_come_to_an_end(
        self, login: Login, person: Person, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(throttle, "KNOWN", Rule("known source", free=7, longest_s=60))
        assert login(person.email, PASSWORD, "192.0.2.3") == 200
        for _ in range(15):
            login(person.email, WRONG, "192.0.2.3")
            pass_time(database, longest_block(database))
        login(person.email, WRONG, "192.0.2.3")
        assert 0 < longest_block(database) <= 60
        assert login(person.email, PASSWORD, "192.0.2.3") == 401

    def test_is_kept_waiting_elsewhere_for_a_minute_at_most(
        self, login: Login, person: Person, database: psycopg.Connection
    ) -> None:
        for number in range(60):
            login(person.email, WRONG, f"198.51.100.{number}")
            pass_time(database, longest_block(database))
        login(person.email, WRONG, "198.51.100.99")
        assert 0 < longest_block(database) <= 60
        pass_time(database, 60)
        assert login(person.email, PASSWORD, "192.0.2.50") == 200


class TestSource:
    def test_who_tries_many_accounts_is_slowed_down(
        self, login: Login, person: Person, database: psycopg.Connection
    ) -> None:
        for number in range(101):
            login(f"victim{number}@example.com", WRONG, "198.51.100.7")
        assert longest_block(database) > 0
        assert login(person.email, PASSWORD, "198.51.100.7") == 401
        assert login(person.email, PASSWORD, "192.0.2.7") == 200

    def test_right_passwords_cost_a_source_nothing(self, login: Login, person: Person) -> None:
        assert {login(person.email, PASSWORD, "192.0.2.8") for _ in range(110)} == {200}


class TestClientAddress:
    """Which bucket a request counts in: the one of the address that the edge or the app vouches for."""

    def buckets(self, database: psycopg.Connection) -> set[bytes]:
        return {row[0] for row in database.execute("select bucket from users.throttle")}

    def test_a_client_cannot_choose(
        self, client: TestClient[Litestar], login: Login, database: psycopg.Connection
    ) -> None:
        body = {"email": "choose@example.com", "password": WRONG}
        client.post("/user/login", json=body)
        expected = self.buckets(database)
        for headers in (
            {"X-Forwarded-For": "198.51.100.1"},
            {"X-Forwarded-For": "198.51.100.1", "X-Tidemark-Edge": "a guess"},
            {"X-Tidemark-Client": "198.51.100.1", "X-Tidemark-App": ""},
            {"X-Real-IP": "198.51.100.1", "Forwarded": "for=198.51.100.1"},
        ):
            client.post("/user/login", json=body, headers=headers)
            assert self.buckets(database) == expected, headers

    def test_of_a_forwarded_list_the_last_counts(self, login: Login, database: psycopg.Connection) -> None:
        login("last@example.com", WRONG, "203.0.113.9")
        expected = self.buckets(database)
        for forged in ("1.1.1.1, 203.0.113.9", "junk,2.2.2.2,203.0.113.9", ",203.0.113.9"):
            login("last@example.com", WRONG, forged)
        login("last@example.com", WRONG, "::ffff:203.0.113.9")
        assert self.buckets(database) == expected
        login("last@example.com", WRONG, "203.0.113.9, 203.0.113.10")
        assert self.buckets(database) > expected

    def test_one_ipv6_network_is_one_client(self, login: Login, database: psycopg.Connection) -> None:
        login("six@example.com", WRONG, "2001:db8:1:2::1")
        expected = self.buckets(database)
        login("six@example.com", WRONG, "2001:db8:1:2:ffff::7")
        assert self.buckets(database) == expected
        login("six@example.com", WRONG, "2001:db8:1:3::1")
        assert self.buckets(database) > expected

    def test_the_app_speaks_for_its_browser(
        self, login: Login, settings: UsersSettings, database: psycopg.Connection
    ) -> None:
        login("app@example.com", WRONG, "203.0.113.20")
        expected = self.buckets(database)
        app = {"X-Tidemark-App": str(settings.app_secret), "X-Tidemark-Client": "203.0.113.20"}
        login("app@example.com", WRONG, "127.0.0.1", **app)
        assert self.buckets(database) == expected

    def test_addresses_are_kept_as_keyed_digests_only(self, login: Login, database: psycopg.Connection) -> None:
        login("kept@example.com", WRONG, "203.0.113.21")
        for bucket in self.buckets(database):
            assert len(bucket) == 32
