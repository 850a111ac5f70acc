"""Creating, seeing and changing a user."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import boto3
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.users.app import create_app
from api.users.settings import UsersSettings
from tests.users.conftest import EndWhileWaiting
from tests.users.people import PASSWORD, Person, code

NEW_PASSWORD = "a different battery staple"
GOOD = {"name": "Ada Marsh", "email": "good@example.com", "phone": "+12025550123", "password": PASSWORD}


def count_data_keys() -> int:
    return boto3.client("dynamodb", region_name="eu-central-1").scan(TableName="tidemark-data-keys")["Count"]


class TestCreateUser:
    def test_gives_the_user_without_approval(self, client: TestClient[Litestar]) -> None:
        answer = client.post(
            "/user/create",
            json={
                "name": "  José\u0301  Ibáñez ",
                "email": "Jose@EXAMPLE.com",
                "phone": "+49 (151) 123 45678",
                "password": PASSWORD,
            },
        )
        assert answer.status_code == 201
        body = answer.json()
        assert UUID(body.pop("user_id")).version == 7
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body.pop("created_at"))
        assert body == {
            "name": "José\u0301 Ibáñez",
            "email": "jose@example.com",
            "phone": "+4915112345678",
            "approved": False,
            "photo_status": "missing",
            "photo_reason": None,
            "roles": [],
            "rights": [],
            "password_expires_at": None,
        }

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", " \t"),
            ("name", "x" * 201),
            ("name", "A\u202eda"),
            ("name", "1234"),
            ("email", "nobody"),
            ("email", "a@b@example.com"),
            ("email", "a@localhost"),
            ("email", "x" * 250 + "@example.com"),
            ("phone", "0151 12345678"),
            ("phone", "+1"),
            ("phone", "+49 151 12345678 ext. 5"),
            ("phone", "+" + "1" * 60),
            ("password", "short"),
            ("password", "x" * 257),
            ("password", "qwertyuiop12"),
        ],
    )
    def test_refuses_a_bad_field_by_name_and_never_repeats_it(
        self, client: TestClient[Litestar], field: str, value: str
    ) -> None:
        answer = client.post("/user/create", json=GOOD | {field: value})
        assert code(answer) in {(400, "invalid_request"), (409, "value_refused")}
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert len(value) < 5 or value not in answer.text

    @pytest.mark.parametrize(
        "change", [{"role": "staff"}, {"roles": ["staff"]}, {"approved": True}, {"name": 1}, {"phone": None}]
    )
    def test_refuses_what_the_call_does_not_take(
        self, client: TestClient[Litestar], change: dict[str, Any]
    ) -> None:
        assert code(client.post("/user/create", json=GOOD | change)) == (400, "invalid_request")

    def test_refuses_a_password_about_the_user(self, client: TestClient[Litestar]) -> None:
        for password in ("AdaMarsh2026!", "good@example.com", "+12025550123", "Tidemark-ada-1"):
            answer = client.post("/user/create", json=GOOD | {"password": password})
            assert code(answer) == (409, "value_refused"), password

    @pytest.mark.parametrize(
        "same",
        ["Taken@Example.com", " taken@example.COM ", "ＴＡＫＥＮ@example.com", "taken@ｅｘａｍｐｌｅ.com"],
    )
    def test_an_email_is_taken_in_every_spelling(self, client: TestClient[Litestar], same: str) -> None:
        client.post("/user/create", json=GOOD | {"email": "taken@example.com"})
        assert code(client.post("/user/create", json=GOOD | {"email": same})) == (409, "email_taken")

    def test_the_unicode_and_ascii_form_of_a_domain_are_one(self, client: TestClient[Litestar]) -> None:
        answer = client.post("/user/create", json=GOOD | {"email": "straße@bücher.de"})
        assert answer.json()["email"] == "strasse@xn--bcher-kva.de"
        again = client.post("/user/create", json=GOOD | {"email": "STRASSE@xn--bcher-kva.de"})
        assert code(again) == (409, "email_taken")

    def test_of_many_at_once_one_gets_the_email(
        self, make_client: Callable[[], TestClient[Litestar]], database: psycopg.Connection
    ) -> None:
        clients = [make_client(), make_client()]
        before = database.execute("select count(*) from users.user").fetchone()
        keys_before = count_data_keys()

        def create(number: int) -> int:
            email = "race@example.com" if number % 3 else "RACE@example.com"
            return clients[number % 2].post("/user/create", json=GOOD | {"email": email}).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(create, range(12)))
        assert statuses == [201] + [409] * 11
        after = database.execute("select count(*) from users.user").fetchone()
        assert (before, after) == (before, (before[0] + 1,) if before else None)
        keys_after = count_data_keys()
        assert keys_after == keys_before + 1

    def test_without_the_key_store_nothing_is_created(
        self, settings: UsersSettings, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = database.execute("select count(*) from users.user").fetchone()
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            answer = client.post("/user/create", json=GOOD | {"email": "nokeys@example.com"})
        assert code(answer) == (503, "unavailable")
        assert database.execute("select count(*) from users.user").fetchone() == before

    def test_asking_after_many_taken_emails_is_slowed_down(
        self, client: TestClient[Litestar], person: Person, settings: UsersSettings
    ) -> None:
        headers = {"X-Tidemark-Edge": str(settings.edge_secret), "X-Forwarded-For": "203.0.113.77"}
        answers = [
            client.post("/user/create", json=GOOD | {"email": person.email}, headers=headers).status_code
            for _ in range(52)
        ]
        assert answers == [409] * 51 + [429]
        elsewhere = client.post("/user/create", json=GOOD | {"email": person.email})
        assert elsewhere.status_code == 409


class TestGetMe:
    def test_is_what_create_answered(self, client: TestClient[Litestar]) -> None:
        created = client.post("/user/create", json=GOOD | {"email": "me@example.com"}).json()
        me = Person(client, email="me@example.com").sign_in().call("GET", "/user/me")
        assert (me.status_code, me.json()) == (200, created)

    def test_needs_a_token(self, client: TestClient[Litestar]) -> None:
        assert code(client.get("/user/me")) == (401, "unauthenticated")


class TestUpdateUser:
    def test_changes_what_is_given_and_nothing_else(self, person: Person) -> None:
        before = person.call("GET", "/user/me").json()
        answer = person.call(
            "PUT",
            "/user/update",
            json={"current_password": PASSWORD, "name": "Ada Lind", "phone": "+420 601 123 456"},
        )
        assert answer.status_code == 200
        assert answer.json() == before | {"name": "Ada Lind", "phone": "+420601123456"}
        assert person.call("GET", "/user/me").json() == answer.json()

    def test_a_new_email_signs_in_and_the_old_one_is_free(self, person: Person) -> None:
        other, old = person.again(), person.email
        change = {"current_password": PASSWORD, "email": f"New-{old}"}
        assert person.call("PUT", "/user/update", json=change).status_code == 200
        assert code(other.call("GET", "/user/me")) == (401, "unauthenticated")
        assert person.call("GET", "/user/me").json()["email"] == f"new-{old}"
        assert Person(person.client, email=f"new-{old}").sign_in().token
        assert Person(person.client, email=old).sign_up().user_id != person.user_id

    def test_a_new_password_ends_all_other_sessions_and_tokens(self, person: Person) -> None:
        other = person.again()
        person.call("POST", "/user/token", json={"name": "report"})
        change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        assert person.call("PUT", "/user/update", json=change).status_code == 200
        assert person.call("GET", "/user/me").status_code == 200
        assert code(other.call("GET", "/user/me")) == (401, "unauthenticated")
        assert person.call("GET", "/user/token").json()["items"] == []
        login = {"email": person.email, "password": PASSWORD}
        assert code(person.client.post("/user/login", json=login)) == (401, "unauthenticated")
        person.password = NEW_PASSWORD
        assert person.sign_in().token

    def test_a_new_name_keeps_the_other_sessions(self, person: Person) -> None:
        other = person.again()
        person.call("PUT", "/user/update", json={"current_password": PASSWORD, "name": "Ada Lind"})
        assert other.call("GET", "/user/me").status_code == 200

    def test_needs_the_current_password(self, person: Person) -> None:
        for change in ({"name": "X Y"}, {"email": "x@example.com"}, {"new_password": NEW_PASSWORD}):
            answer = person.call("PUT", "/user/update", json=change | {"current_password": "wrong" * 3})
            assert code(answer) == (403, "wrong_password")
        for change in ({"email": "x@example.com"}, {"phone": "+1 202 555 0199"}, {"new_password": NEW_PASSWORD}):
            answer = person.call("PUT", "/user/update", json=change | {"name": "X Y"})
            assert code(answer) == (403, "password_required")
        assert person.call("GET", "/user/me").json()["name"] != "X Y"

    def test_a_name_alone_needs_no_password(self, person: Person) -> None:
        answer = person.call("PUT", "/user/update", json={"name": "Ada Lind"})
        assert (answer.status_code, answer.json()["name"]) == (200, "Ada Lind")
        assert person.call("GET", "/user/me").json()["name"] == "Ada Lind"
        assert person.again().token

    def test_guessing_the_current_password_is_slowed_down(self, person: Person) -> None:
        wrong = {"current_password": "wrong" * 3, "name": "X Y"}
        answers = [person.call("PUT", "/user/update", json=wrong).status_code for _ in range(7)]
        assert answers == [403] * 6 + [429]

    def test_refuses_a_taken_email_and_changes_nothing(self, person: Person) -> None:
        other = Person(person.client).sign_up()
        change = {"current_password": PASSWORD, "email": other.email, "name": "X Y"}
        assert code(person.call("PUT", "/user/update", json=change)) == (409, "email_taken")
        assert person.call("GET", "/user/me").json()["name"] == person.name

    def test_of_many_at_once_who_want_one_email_one_gets_it(self, client: TestClient[Litestar]) -> None:
        people = [Person(client).sign_up() for _ in range(4)]

        def want(number: int) -> int:
            email = "Wanted@example.com" if number % 2 else "wanted@EXAMPLE.com"
            if number < 4:
                change = {"current_password": PASSWORD, "email": email}
                return people[number].call("PUT", "/user/update", json=change).status_code
            return client.post("/user/create", json=GOOD | {"email": email}).status_code

        with ThreadPoolExecutor(6) as pool:
            statuses = sorted(pool.map(want, range(6)))
        assert (statuses[0] in (200, 201), statuses[1:]) == (True, [409] * 5)
        # Who did not get it still has their own.
        shown = [person.call("GET", "/user/me").json()["email"] for person in people]
        assert sum(email == "wanted@example.com" for email in shown) <= 1
        assert all(
            email in ("wanted@example.com", person.email) for email, person in zip(shown, people, strict=True)
        )

    def test_two_changes_at_once_do_not_overwrite_each_other(self, person: Person) -> None:
        changes = [{"name": "Ada Lind"}, {"phone": "+420601123456"}]
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(
                    lambda change: person.call(
                        "PUT", "/user/update", json=change | {"current_password": PASSWORD}
                    ),
                    changes,
                )
            )
        told = person.call("GET", "/user/me").json()
        for answer, change in zip(answers, changes, strict=True):
            assert answer.status_code == 200 or code(answer) == (409, "conflict")
            assert (told.items() >= change.items()) is (answer.status_code == 200)

    @pytest.mark.parametrize(
        "change", [{"name": "Eve"}, {"email": "eve@example.com", "new_password": NEW_PASSWORD}]
    )
    def test_who_was_signed_out_meanwhile_changes_nothing(
        self, person: Person, end_while_waiting: EndWhileWaiting, change: dict[str, str]
    ) -> None:
        """Or a thief would take over who was signed out by staff, and void the code that these gave out."""
        before = person.call("GET", "/user/me").json()
        body = change | {"current_password": PASSWORD}
        answer = end_while_waiting(person, lambda: person.call("PUT", "/user/update", json=body))
        assert code(answer) == (401, "unauthenticated")
        assert person.sign_in().call("GET", "/user/me").json() == before

    def test_refuses_a_weak_new_password(self, person: Person) -> None:
        change = {"current_password": PASSWORD, "new_password": "adamarsh12345"}
        answer = person.call("PUT", "/user/update", json=change)
        assert code(answer) == (409, "value_refused")
        assert answer.json()["errors"][0]["field"] == "new_password"
