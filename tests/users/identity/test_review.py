"""Staff's review."""

import io
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import boto3
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from PIL import Image

from tests.cluster import Databases
from tests.forged import forged
from tests.users.accounts_double import AccountsDouble
from tests.users.people import Person, code

pytestmark = pytest.mark.slow

APPROVE = {"decision": "approve", "reason": ""}
REJECT = {"decision": "reject", "reason": "The photo  is blurred. "}


@pytest.fixture
def waiting(person: Person) -> Person:
    assert person.send_photo().status_code == 200
    return person


def queue(staff: Person) -> list[str]:
    return [item["user_id"] for item in staff.call("GET", "/user/review?limit=1000").json()["items"]]


class TestListReviews:
    def test_shows_who_waits_longest_first(self, staff: Person, waiting: Person) -> None:
        later = Person(waiting.client, name="Later Lee").sign_up()
        assert waiting.user_id in queue(staff)
        assert later.user_id not in queue(staff)
        later.send_photo()
        items = staff.call("GET", "/user/review").json()["items"]
        assert [item["user_id"] for item in items][-2:] == [waiting.user_id, later.user_id]
        assert items[-1].pop("submitted_at")
        assert items[-1] == {
            "user_id": later.user_id,
            "name": "Later Lee",
            "email": later.email,
            "phone": later.phone,
            "photo_status": "pending",
        }

    def test_pages(self, staff: Person, client: TestClient[Litestar]) -> None:
        people = [Person(client).sign_up() for _ in range(3)]
        for someone in people:
            someone.send_photo()
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = staff.call(
                "GET", "/user/review", params={"limit": "2"} | ({"cursor": cursor} if cursor else {})
            )
            seen += [item["user_id"] for item in page.json()["items"]]
            cursor = page.json()["next_cursor"]
        assert seen[-3:] == [someone.user_id for someone in people]
        assert seen == queue(staff)
        assert len(seen) == len(set(seen))

    def test_a_cursor_holds_a_time_whichever(self, staff: Person, waiting: Person) -> None:
        path = "/user/review"
        for moment in ("2026-01-01T00:00:00", "-0001-01-01T00:00:00Z", "infinity", 0):
            cursor = forged(staff.user_id, path, [moment, waiting.user_id])
            assert code(staff.call("GET", path, params={"cursor": cursor})) == (409, "invalid_cursor"), moment
        for moment, found in (("0001-01-01T00:00:00+23:59", True), ("9999-12-31T23:59:59.999999-23:59", False)):
            cursor = forged(staff.user_id, path, [moment, waiting.user_id])
            items = staff.call("GET", path, params={"cursor": cursor}).json()["items"]
            assert (waiting.user_id in [item["user_id"] for item in items]) is found

    def test_one_unreadable_user_does_not_hide_the_others(
        self, staff: Person, waiting: Person, database: psycopg.Connection
    ) -> None:
        other = Person(waiting.client).sign_up()
        other.send_photo()
        database.execute("update users.user set email = %s where id = %s", (b"junk" * 10, waiting.user_id))
        assert waiting.user_id not in queue(staff)
        assert other.user_id in queue(staff)

    @pytest.mark.parametrize("roles", ["{}", "{analyst}"])
    def test_is_for_staff_only(
        self, person: Person, waiting: Person, database: psycopg.Connection, roles: str
    ) -> None:
        database.execute("update users.user set roles = %s where id = %s", (roles, person.user_id))
        for method, path, body in (
            ("GET", "/user/review", None),
            ("GET", f"/user/review/{waiting.user_id}/photo", None),
            ("POST", f"/user/review/{waiting.user_id}", APPROVE),
        ):
            assert code(person.call(method, path, json=body)) == (403, "forbidden")
            assert code(person.client.request(method, path, json=body)) == (401, "unauthenticated")


class TestGetReviewPhoto:
    def test_is_the_photo_and_each_view_is_on_record(
        self, staff: Person, waiting: Person, database: psycopg.Connection
    ) -> None:
        for _ in range(2):
            answer = staff.call("GET", f"/user/review/{waiting.user_id}/photo")
            assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert (picture.format, picture.size) == ("JPEG", (320, 200))
        views = database.execute(
            "select reviewer_id::text, photo_version from users.photo_view where user_id = %s", (waiting.user_id,)
        ).fetchall()
        assert views == [(staff.user_id, 1)] * 2

    def test_of_nobody_and_of_no_photo(self, staff: Person, person: Person) -> None:
        for user_id in (person.user_id, str(uuid4())):
            assert code(staff.call("GET", f"/user/review/{user_id}/photo")) == (404, "not_found")
        assert staff.call("GET", "/user/review/nonsense/photo").status_code in (400, 404)

    def test_the_record_cannot_be_changed_by_the_service(self, module_databases: Databases) -> None:
        with psycopg.connect(module_databases.url("users_app"), autocommit=True) as connection:
            for table in ("photo_view", "review_decision"):
                for statement in (f"delete from users.{table}", f"update users.{table} set photo_version = 0"):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(statement)


class TestDecideReview:
    def test_approving_approves_the_user_and_their_accounts(
        self, staff: Person, waiting: Person, accounts: AccountsDouble, database: psycopg.Connection
    ) -> None:
        answer = staff.call("POST", f"/user/review/{waiting.user_id}", json=APPROVE)
        assert answer.status_code == 200
        body = answer.json()
        assert body.pop("decided_at")
        assert body == {
            "user_id": waiting.user_id,
            "photo_status": "approved",
            "photo_reason": None,
            "approved": True,
            "decided_by": staff.user_id,
        }
        assert accounts.calls == [("POST", f"/account/user/{waiting.user_id}/approve", staff.token)]
        me = waiting.call("GET", "/user/me").json()
        assert (me["approved"], me["photo_status"]) == (True, "approved")
        assert waiting.user_id not in queue(staff)
        live = database.execute(
            "select user_approved from users.live_session where user_id = %s", (waiting.user_id,)
        ).fetchone()
        assert live == (True,)
        decisions = database.execute(
            "select reviewer_id::text, decision, reason, photo_version from users.review_decision"
            " where user_id = %s",
            (waiting.user_id,),
        ).fetchall()
        assert decisions == [(staff.user_id, "approve", None, 1)]
        assert code(waiting.send_photo()) == (409, "photo_not_replaceable")

    def test_after_a_rejection_another_photo_may_come(
        self, staff: Person, waiting: Person, accounts: AccountsDouble, database: psycopg.Connection
    ) -> None:
        path = f"/user/review/{waiting.user_id}"
        answer = staff.call("POST", path, json=REJECT)
        assert (answer.status_code, answer.json()["photo_status"]) == (200, "rejected")
        me = waiting.call("GET", "/user/me").json()
        assert (me["approved"], me["photo_status"], me["photo_reason"]) == (
            False,
            "rejected",
            "The photo is blurred.",
        )
        assert accounts.calls == []
        assert waiting.user_id not in queue(staff)
        assert waiting.send_photo().json()["photo_status"] == "pending"
        me = waiting.call("GET", "/user/me").json()
        assert (me["photo_status"], me["photo_reason"]) == ("pending", None)
        assert staff.call("POST", path, json=APPROVE).json()["approved"] is True
        kept = database.execute(
            "select photo_version, decision, reason from users.review_decision where user_id = %s order by id",
            (waiting.user_id,),
        ).fetchall()
        assert kept == [(1, "reject", "The photo is blurred."), (2, "approve", None)]
        item = boto3.client("dynamodb", region_name="eu-central-1").get_item(
            TableName="tidemark-identity", Key={"user_id": {"S": waiting.user_id}}
        )["Item"]
        assert (item["status"]["S"], item["photo_version"]["N"]) == ("approved", "2")

    def test_of_a_photo_that_another_one_replaced_is_refused(
        self, staff: Person, waiting: Person, database: psycopg.Connection
    ) -> None:
        other = Person(waiting.client).sign_up()
        database.execute("update users.user set roles = '{staff}' where id = %s", (other.user_id,))
        path = f"/user/review/{waiting.user_id}"
        assert staff.call("GET", f"{path}/photo").status_code == 200
        assert other.call("POST", path, json=REJECT).status_code == 200
        assert waiting.send_photo().status_code == 200
        assert code(staff.call("POST", path, json=APPROVE)) == (409, "photo_replaced")
        assert waiting.user_id in queue(staff)
        assert staff.call("GET", f"{path}/photo").status_code == 200
        assert staff.call("POST", path, json=APPROVE).json()["approved"] is True

    def test_the_same_decision_again_is_the_same_answer(
        self, staff: Person, waiting: Person, accounts: AccountsDouble, database: psycopg.Connection
    ) -> None:
        path = f"/user/review/{waiting.user_id}"
        first, second = (staff.call("POST", path, json=APPROVE) for _ in range(2))
        assert (second.status_code, second.json()) == (200, first.json())
        assert len(accounts.calls) == 2
        assert code(staff.call("POST", path, json=REJECT)) == (409, "already_decided")
        count = database.execute(
            "select count(*) from users.review_decision where user_id = %s", (waiting.user_id,)
        ).fetchone()
        assert count == (1,)

    def test_of_two_reviewers_at_once_one_decides(
        self, staff: Person, waiting: Person, database: psycopg.Connection
    ) -> None:
        path = f"/user/review/{waiting.user_id}"
        with ThreadPoolExecutor(8) as pool:
            bodies = [APPROVE, REJECT] * 4
            statuses = list(pool.map(lambda body: staff.call("POST", path, json=body).status_code, bodies))
        assert sorted(statuses) == [200] * 4 + [409] * 4
        count = database.execute(
            "select count(*) from users.review_decision where user_id = %s", (waiting.user_id,)
        ).fetchone()
        assert count == (1,)

    def test_accounts_out_of_reach_leaves_it_to_be_finished(
        self, staff: Person, waiting: Person, accounts: AccountsDouble
    ) -> None:
        path = f"/user/review/{waiting.user_id}"
        accounts.refuse(503, "unavailable", times=3)
        assert code(staff.call("POST", path, json=APPROVE)) == (503, "unavailable")
        assert len(accounts.calls) == 3
        items = staff.call("GET", "/user/review?limit=1000").json()["items"]
        (item,) = (item for item in items if item["user_id"] == waiting.user_id)
        assert item["photo_status"] == "approved"
        accounts.refuse(500, "internal_error", times=2)
        assert staff.call("POST", path, json=APPROVE).status_code == 200
        assert waiting.user_id not in queue(staff)

    def test_without_a_photo_there_is_nothing_to_decide(self, staff: Person, person: Person) -> None:
        answer = staff.call("POST", f"/user/review/{person.user_id}", json=APPROVE)
        assert code(answer) == (409, "nothing_to_review")
        assert code(staff.call("POST", f"/user/review/{uuid4()}", json=APPROVE)) == (404, "not_found")

    def test_a_rejection_says_why(self, staff: Person, waiting: Person) -> None:
        for reason in (None, "", "  "):
            answer = staff.call(
                "POST", f"/user/review/{waiting.user_id}", json={"decision": "reject", "reason": reason}
            )
            assert code(answer) == (409, "value_refused")
            assert answer.json()["errors"][0]["field"] == "reason"

    @pytest.mark.parametrize(
        "body", [{}, {"decision": "maybe"}, REJECT | {"reason": "x" * 501}, APPROVE | {"a": 1}]
    )
    def test_refuses_other_bodies(self, staff: Person, waiting: Person, body: dict[str, str]) -> None:
        answer = staff.call("POST", f"/user/review/{waiting.user_id}", json=body)
        assert code(answer) == (400, "invalid_request")

    def test_nobody_reviews_themself(self, staff: Person) -> None:
        staff.send_photo()
        answer = staff.call("POST", f"/user/review/{staff.user_id}", json=APPROVE)
        assert code(answer) == (403, "forbidden")
