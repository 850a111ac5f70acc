"""How staff find and see people."""

from uuid import uuid4

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.users.people.terms import name_words
from tests.users.people import Person, code


def found(staff: Person, **asked: str) -> list[str]:
    """The ids of those whom the words find."""
    answer = staff.call("POST", "/user/search", json=asked)
    assert answer.status_code == 200, answer.text
    return [item["user_id"] for item in answer.json()["items"]]


@pytest.fixture
def zoe(client: TestClient[Litestar]) -> Person:
    return Person(client, name=f"Zoë Ann-Marie Müller{uuid4().hex[:6]}", phone="+420601123456").sign_up()


class TestFindPeople:
    def test_by_email_however_it_is_written(self, staff: Person, zoe: Person) -> None:
        answer = staff.call("POST", "/user/search", json={"email": zoe.email.upper()}).json()
        assert answer["next_cursor"] is None
        (item,) = answer["items"]
        assert {key: item[key] for key in ("user_id", "name", "email", "phone")} == {
            "user_id": zoe.user_id,
            "name": zoe.name,
            "email": zoe.email,
            "phone": "+420601123456",
        }
        assert (item["approved"], item["photo_status"], item["roles"]) == (False, "missing", [])

    def test_by_phone(self, staff: Person, zoe: Person) -> None:
        assert zoe.user_id in found(staff, phone="+420 601 123 456")
        assert found(staff, phone="+420 601 123 457") == []

    def test_by_words_of_the_name(self, staff: Person, zoe: Person) -> None:
        last = zoe.name.split()[-1]
        for name in (zoe.name, last, last.upper().replace("Ü", "U"), f"marie {last}", f"{last} zoe"):
            assert found(staff, name=name) == [zoe.user_id], name
        for name in (f"Zora {last}", last[:-1], "Mar"):
            assert found(staff, name=name) == [], name

    def test_page_by_page(self, client: TestClient[Litestar], staff: Person) -> None:
        name = f"Many{uuid4().hex[:8]}"
        people = [Person(client, name=f"{name} {number}").sign_up().user_id for number in range(3)]
        first = staff.call("POST", "/user/search?limit=2", json={"name": name}).json()
        second = staff.call(
            "POST", f"/user/search?limit=2&cursor={first['next_cursor']}", json={"name": name}
        ).json()
        assert [item["user_id"] for item in first["items"] + second["items"]] == people
        assert second["next_cursor"] is None
        others = staff.call(
            "POST", f"/user/search?limit=2&cursor={first['next_cursor']}", json={"name": "Someone Else"}
        )
        assert code(others) == (409, "invalid_cursor")

    def test_by_what_they_changed_it_to_and_no_more_by_what_it_was(self, staff: Person, zoe: Person) -> None:
        before, after = zoe.name.split()[-1], f"Novak{uuid4().hex[:8]}"
        assert zoe.call("PUT", "/user/update", json={"name": f"Zoë {after}"}).status_code == 200
        assert (found(staff, name=before), found(staff, name=after)) == ([], [zoe.user_id])

    def test_who_was_there_before_the_index(
        self, client: TestClient[Litestar], staff: Person, zoe: Person, database: psycopg.Connection
    ) -> None:
        database.execute("delete from users.search_term where user_id = %s", (zoe.user_id,))
        assert found(staff, name=zoe.name) == []
        assert client.blocking_portal is not None
        client.blocking_portal.call(client.app.state.services.people.complete_index)
        assert found(staff, name=zoe.name) == [zoe.user_id]

    @pytest.mark.parametrize("body", [{}, {"name": "Ada", "phone": "+420601123456"}])
    def test_one_thing_at_a_time(self, staff: Person, body: dict[str, str]) -> None:
        assert code(staff.call("POST", "/user/search", json=body)) == (409, "value_refused")
        assert code(staff.call("POST", "/user/search", json={"name": ""})) == (400, "invalid_request")

    def test_what_can_not_be(self, staff: Person) -> None:
        for body in ({"phone": "+1234567"}, {"email": "a@b..c"}):
            assert code(staff.call("POST", "/user/search", json=body)) == (409, "value_refused")

    def test_only_staff(self, person: Person) -> None:
        assert code(person.call("POST", "/user/search", json={"name": "Ada"})) == (403, "forbidden")


class TestGetUser:
    def test_with_the_decisions_about_them(self, staff: Person, zoe: Person) -> None:
        assert zoe.send_photo().status_code == 200
        path = f"/user/review/{zoe.user_id}"
        assert staff.call("POST", path, json={"decision": "reject", "reason": "too dark"}).status_code == 200
        assert zoe.send_photo().status_code == 200
        assert staff.call("POST", path, json={"decision": "approve"}).status_code == 200
        record = staff.call("GET", f"/user/{zoe.user_id}").json()
        assert (record["name"], record["approved"], record["photo_reason"]) == (zoe.name, True, None)
        assert [(each["decision"], each["reason"], each["decided_by"]) for each in record["decisions"]] == [
            ("approve", None, staff.user_id),
            ("reject", "too dark", staff.user_id),
        ]

    def test_nobody_there(self, staff: Person) -> None:
        assert code(staff.call("GET", f"/user/{uuid4()}")) == (404, "not_found")

    def test_only_staff(self, person: Person) -> None:
        assert code(person.call("GET", f"/user/{person.user_id}")) == (403, "forbidden")


class TestListUserSessions:
    def test_newest_first(self, staff: Person, zoe: Person) -> None:
        zoe.again()
        items = staff.call("GET", f"/user/{zoe.user_id}/session").json()["items"]
        assert len(items) == 2
        assert items[0]["created_at"] > items[1]["created_at"]
        assert not any(item["current"] for item in items)

    def test_only_staff(self, person: Person) -> None:
        assert code(person.call("GET", f"/user/{person.user_id}/session")) == (403, "forbidden")


class TestNameWords:
    def test_without_case_accents_and_repeats(self) -> None:
        assert name_words("Åsa ÅSA O'Neill-Straße") == ["asa", "o'neill", "strasse"]

    def test_not_without_end(self) -> None:
        assert len(name_words(" ".join(f"w{number}" for number in range(90)))) == 12
