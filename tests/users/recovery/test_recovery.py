"""Staff end sessions and give out codes; with one a customer sets a new password."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.users.settings import UsersSettings
from tests.users.people import PASSWORD, Person, code

NEW_PASSWORD = "a different battery staple"


def issue(staff: Person, person: Person) -> str:
    answer = staff.call("POST", f"/user/recovery/{person.user_id}/code")
    assert answer.status_code == 201, answer.text
    return answer.json()["code"]


def reset(person: Person, reset_code: str, new_password: str = NEW_PASSWORD, **changes: str) -> httpx.Response:
    body = {"email": person.email, "code": reset_code, "new_password": new_password} | changes
    return person.client.post("/user/recovery", json=body)


def signs_in(person: Person, password: str) -> bool:
    body = {"email": person.email, "password": password}
    return person.client.post("/user/login", json=body).status_code == 200


def interventions(database: psycopg.Connection, person: Person) -> list[tuple[str | None, str]]:
    rows = database.execute(
        "select staff_id::text, action from users.intervention where user_id = %s order by id", (person.user_id,)
    ).fetchall()
    return [(staff_id, action) for staff_id, action in rows]


class TestSignOutCustomer:
    def test_ends_sessions_and_program_tokens(
        self, person: Person, staff: Person, database: psycopg.Connection
    ) -> None:
        elsewhere = person.again()
        assert person.call("POST", "/user/token", json={"name": "reader"}).status_code == 201
        answer = staff.call("POST", f"/user/recovery/{person.user_id}/sign-out")
        assert (answer.status_code, answer.content) == (204, b"")
        for session in (person, elsewhere):
            assert code(session.call("GET", "/user/me")) == (401, "unauthenticated")
        assert database.execute(
            "select count(*) from users.session where user_id = %s", (person.user_id,)
        ).fetchone() == (0,)
        assert interventions(database, person) == [(staff.user_id, "end_sessions")]
        assert signs_in(person, PASSWORD)

    def test_nobody_elses(self, person: Person, staff: Person, client: TestClient[Litestar]) -> None:
        other = Person(client).sign_up()
        staff.call("POST", f"/user/recovery/{person.user_id}/sign-out")
        assert other.call("GET", "/user/me").status_code == 200


class TestIssueResetCode:
    def test_gives_a_code_once_and_ends_sessions(
        self, person: Person, staff: Person, database: psycopg.Connection
    ) -> None:
        answer = staff.call("POST", f"/user/recovery/{person.user_id}/code")
        assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
        body = answer.json()
        assert set(body) == {"user_id", "code", "expires_at"}
        assert body["user_id"] == person.user_id
        assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}", body["code"])
        assert code(person.call("GET", "/user/me")) == (401, "unauthenticated")
        assert interventions(database, person) == [(staff.user_id, "issue_code")]
        kept = database.execute("select * from users.reset_code where user_id = %s", (person.user_id,)).fetchone()
        assert kept
        assert body["code"] not in str(kept)

    def test_the_password_stays_until_the_code_is_used(self, person: Person, staff: Person) -> None:
        issue(staff, person)
        assert signs_in(person, PASSWORD)


class TestStaffOnly:
    @pytest.mark.parametrize("call", ["sign-out", "code"])
    def test_the_banks_own_people_are_not_helped_here(
        self, staff: Person, call: str, client: TestClient[Litestar], database: psycopg.Connection
    ) -> None:
        analyst = Person(client).sign_up()
        database.execute("update users.user set roles = '{analyst}' where id = %s", (analyst.user_id,))
        for person in (staff, analyst):
            assert code(staff.call("POST", f"/user/recovery/{person.user_id}/{call}")) == (403, "forbidden")
            assert person.call("GET", "/user/me").status_code == 200
            assert interventions(database, person) == []

    @pytest.mark.parametrize("call", ["sign-out", "code"])
    def test_who_does_not_exist_or_leaves(
        self, person: Person, staff: Person, call: str, database: psycopg.Connection
    ) -> None:
        database.execute("update users.user set leaving_at = now() where id = %s", (person.user_id,))
        for user_id in (person.user_id, uuid4()):
            assert code(staff.call("POST", f"/user/recovery/{user_id}/{call}")) == (404, "not_found")

    def test_customers_may_not(self, person: Person) -> None:
        for call in (f"{person.user_id}/sign-out", f"{person.user_id}/code"):
            assert code(person.call("POST", f"/user/recovery/{call}")) == (403, "forbidden")


class TestResetPassword:
    def test_sets_the_password_and_ends_everything_else(
        self, person: Person, staff: Person, database: psycopg.Connection
    ) -> None:
        reset_code = issue(staff, person)
        remembered = person.again()
        answer = reset(person, reset_code)
        assert (answer.status_code, answer.content) == (204, b"")
        assert code(remembered.call("GET", "/user/me")) == (401, "unauthenticated")
        assert (signs_in(person, PASSWORD), signs_in(person, NEW_PASSWORD)) == (False, True)
        assert interventions(database, person) == [(staff.user_id, "issue_code"), (None, "reset_password")]

    def test_a_code_may_be_typed_in_any_way(self, person: Person, staff: Person) -> None:
        reset_code = issue(staff, person)
        typed = f" {reset_code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
        assert reset(person, typed).status_code == 204

    def test_a_code_is_good_once(self, person: Person, staff: Person) -> None:
        reset_code = issue(staff, person)
        assert reset(person, reset_code).status_code == 204
        assert code(reset(person, reset_code, "yet another battery staple")) == (409, "reset_refused")
        assert signs_in(person, NEW_PASSWORD)

    def test_of_many_at_once_one_counts(
        self, person: Person, staff: Person, make_client: Callable[[], TestClient[Litestar]]
    ) -> None:
        reset_code = issue(staff, person)
        people = [Person(make_client(), email=person.email) for _ in range(2)]
        passwords = [f"{NEW_PASSWORD} number {number}" for number in range(4)]

        def attempt(number: int) -> int:
            return reset(people[number % 2], reset_code, passwords[number]).status_code

        with ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(attempt, range(4)))
        assert sorted(statuses) == [204, 409, 409, 409]
        assert [signs_in(person, password) for password in passwords] == [status == 204 for status in statuses]

    def test_a_newer_code_replaces_an_older_one(self, person: Person, staff: Person) -> None:
        older, newer = issue(staff, person), issue(staff, person)
        assert code(reset(person, older)) == (409, "reset_refused")
        assert reset(person, newer).status_code == 204

    def test_whatever_is_wrong_looks_the_same(
        self, person: Person, staff: Person, database: psycopg.Connection, client: TestClient[Litestar]
    ) -> None:
        reset_code = issue(staff, person)
        without = Person(client).sign_up()
        answers = [
            reset(person, "0000-0000-0000-0000-0000-0000"),
            reset(person, ""),
            reset(without, reset_code),
            reset(person, reset_code, email="nobody@example.com"),
            reset(person, reset_code, email="no email"),
        ]
        database.execute("update users.reset_code set expires_at = now() where user_id = %s", (person.user_id,))
        answers.append(reset(person, reset_code))
        assert {code(answer) for answer in answers} == {(409, "reset_refused")}
        assert len({answer.text for answer in answers}) == 1
        assert signs_in(person, PASSWORD)

    def test_guessing_is_slowed_down_for_the_guesser_alone(
        self, person: Person, staff: Person, settings: UsersSettings
    ) -> None:
        reset_code = issue(staff, person)
        body = {"email": person.email, "code": "guess", "new_password": NEW_PASSWORD}
        elsewhere = {"X-Tidemark-Edge": str(settings.edge_secret), "X-Forwarded-For": "203.0.113.78"}

        def attempt(typed: str) -> httpx.Response:
            return person.client.post("/user/recovery", json=body | {"code": typed}, headers=elsewhere)

        assert {code(attempt("guess")) for _ in range(8)} == {(409, "reset_refused")}
        assert code(attempt(reset_code)) == (409, "reset_refused")
        assert reset(person, reset_code).status_code == 204

    @pytest.mark.parametrize(
        ("password", "reason"),
        [
            ("qwertyuiop12", "it is a row of the keyboard or alphabet"),
            ("AdaMarsh2026!", "it is mostly your name, email or phone, or the bank's name"),
        ],
    )
    def test_a_password_that_cannot_be_taken_leaves_the_code(
        self, person: Person, staff: Person, password: str, reason: str
    ) -> None:
        reset_code = issue(staff, person)
        answer = reset(person, reset_code, password)
        assert code(answer) == (409, "value_refused")
        assert answer.json()["errors"] == [{"field": "new_password", "message": reason}]
        assert reset(person, reset_code).status_code == 204

    def test_a_password_that_cannot_be_taken_is_no_guess(self, person: Person, staff: Person) -> None:
        reset_code = issue(staff, person)
        answers = [reset(person, reset_code, "AdaMarsh2026!") for _ in range(8)]
        assert {code(answer) for answer in answers} == {(409, "value_refused")}
        assert reset(person, reset_code).status_code == 204

    def test_staffs_code_is_no_good_for_the_banks_own_people(
        self, person: Person, staff: Person, database: psycopg.Connection
    ) -> None:
        reset_code = issue(staff, person)
        database.execute("update users.user set roles = '{analyst}' where id = %s", (person.user_id,))
        refused = reset(person, reset_code)
        assert code(refused) == (409, "reset_refused")
        assert refused.text == reset(person, "0000-0000-0000-0000-0000-0000").text
        assert signs_in(person, PASSWORD)

    @pytest.mark.parametrize(
        "change", [{"new_password": "another battery staple"}, {"email": f"{uuid4().hex[:12]}@example.com"}]
    )
    def test_who_changes_password_or_email_makes_the_code_worthless(
        self, person: Person, staff: Person, change: dict[str, str]
    ) -> None:
        reset_code = issue(staff, person)
        person.sign_in()
        answer = person.call("PUT", "/user/update", json={"current_password": PASSWORD} | change)
        assert answer.status_code == 200
        person.email = answer.json()["email"]
        assert code(reset(person, reset_code)) == (409, "reset_refused")

    def test_who_was_deleted(self, person: Person, staff: Person, database: psycopg.Connection) -> None:
        reset_code = issue(staff, person)
        person.sign_in()
        assert person.call("DELETE", "/user/delete", json={"current_password": PASSWORD}).status_code == 204
        assert code(reset(person, reset_code)) == (409, "reset_refused")
        assert database.execute(
            "select count(*) from users.reset_code where user_id = %s", (person.user_id,)
        ).fetchone() == (0,)
