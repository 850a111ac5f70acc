"""What a sign-in leaves in the log."""

import logging
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.users.people import PASSWORD, Person


@pytest.fixture(autouse=True)
def fresh(database: psycopg.Connection, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    database.execute("truncate users.throttle")
    with caplog.at_level(logging.INFO, "tidemark"):
        yield


def lines(caplog: pytest.LogCaptureFixture, logger: str) -> list[dict[str, Any]]:
    return [record.__dict__["fields"] for record in caplog.records if record.name == logger]


class TestSignInLog:
    def test_says_whom_it_was_for_without_naming_them(
        self, client: TestClient[Litestar], person: Person, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.clear()
        for email, password in (
            (person.email, PASSWORD),
            (person.email, "wrong"),
            ("nobody@example.com", PASSWORD),
        ):
            client.post("/user/login", json={"email": email, "password": password})
        right, wrong, unknown = lines(caplog, "tidemark.sign_in")
        assert [line["is_let_in"] for line in (right, wrong, unknown)] == [True, False, False]
        assert [line["user_id"] for line in (right, wrong, unknown)] == [person.user_id, person.user_id, None]
        assert right["account"] == wrong["account"] != unknown["account"]
        assert not any(secret in caplog.text for secret in (person.email, "nobody", PASSWORD))

    def test_says_which_limit_refused(
        self,
        client: TestClient[Litestar],
        person: Person,
        caplog: pytest.LogCaptureFixture,
        database: psycopg.Connection,
    ) -> None:
        database.execute("delete from users.known_source")
        for _ in range(12):
            client.post("/user/login", json={"email": person.email, "password": "wrong"})
        refused = lines(caplog, "tidemark.attempts")
        assert {line["limit"] for line in refused} == {"account and source"}
        for _ in range(12):
            person.call("PUT", "/user/update", json={"current_password": "wrong"})
        refused = lines(caplog, "tidemark.attempts")[len(refused) :]
        assert {line["limit"] for line in refused} == {"confirmation"}
