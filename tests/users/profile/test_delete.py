"""Deleting a user."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.users.accounts_double import AccountsDouble
from tests.users.people import PASSWORD, Person, code


def item(table: str, user_id: str) -> Any:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    return client.get_item(TableName=table, Key={"user_id": {"S": user_id}}).get("Item")


class TestDeleteUser:
    BODY = {"current_password": PASSWORD}  # noqa: RUF012

    def test_leaves_nothing_readable(
        self, person: Person, accounts: AccountsDouble, database: psycopg.Connection
    ) -> None:
        token = person.token
        assert person.send_photo().status_code == 200
        assert person.call("DELETE", "/user/delete", json=self.BODY).status_code == 204
        assert accounts.calls == [("DELETE", f"/account/user/{person.user_id}", token)]
        row = database.execute(
            "select name, email, phone, password_hash, data_key_id, deleted_at is not null from users.user"
            " where id = %s",
            (person.user_id,),
        ).fetchone()
        assert row == (None, None, None, None, None, True)
        for table in ("email_digest", "search_term", "session", "known_source"):
            rows = database.execute(f"select 1 from users.{table} where user_id = %s", (person.user_id,))
            assert rows.fetchone() is None, table
        for name in ("tidemark-data-keys", "tidemark-identity"):
            assert item(name, person.user_id) is None, name
        assert code(person.call("GET", "/user/me")) == (401, "unauthenticated")
        login = {"email": person.email, "password": PASSWORD}
        assert code(person.client.post("/user/login", json=login)) == (401, "unauthenticated")
        assert Person(person.client, email=person.email).sign_up().user_id != person.user_id

    def test_a_photo_that_comes_at_the_same_time_does_not_stay(
        self,
        person: Person,
        client: TestClient[Litestar],
        database: psycopg.Connection,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        documents = client.app.state.services.photos._documents
        store = documents.put
        is_storing, may_store = threading.Event(), threading.Event()

        def store_late(*arguments: Any, **options: Any) -> None:
            is_storing.set()
            assert may_store.wait(60)
            store(*arguments, **options)

        monkeypatch.setattr(documents, "put", store_late)
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
        with ThreadPoolExecutor(2) as pool:
            sending = pool.submit(person.send_photo)
            assert is_storing.wait(60)
            deleting = pool.submit(person.call, "DELETE", "/user/delete", json=self.BODY)
            while database.execute(waiting).fetchone() == (0,) and not deleting.done():
                time.sleep(0.01)
            may_store.set()
            assert (sending.result().status_code, deleting.result().status_code) == (200, 204)
        assert item("tidemark-identity", person.user_id) is None

    def test_is_refused_while_an_account_holds_money(self, person: Person, accounts: AccountsDouble) -> None:
        held = [{"account_id": "a", "number": "1000000018", "currency": "EUR", "total": 5}]
        accounts.refuse(409, "balance_not_zero", items=held)
        answer = person.call("DELETE", "/user/delete", json=self.BODY)
        assert code(answer) == (409, "balance_not_zero")
        assert answer.json()["detail"] == "accounts say balance_not_zero"
        assert answer.json()["items"] == held
        assert person.call("GET", "/user/me").json()["email"] == person.email

    def test_waits_for_accounts_and_can_be_repeated(self, person: Person, accounts: AccountsDouble) -> None:
        accounts.refuse(503, "unavailable", times=3)
        assert code(person.call("DELETE", "/user/delete", json=self.BODY)) == (503, "unavailable")
        assert person.call("GET", "/user/me").status_code == 200
        accounts.refuse(503, "unavailable", times=2)
        assert person.call("DELETE", "/user/delete", json=self.BODY).status_code == 204

    def test_can_be_finished_after_a_crash_behind_the_data_key(
        self, person: Person, database: psycopg.Connection
    ) -> None:
        boto3.client("dynamodb", region_name="eu-central-1").delete_item(
            TableName="tidemark-data-keys", Key={"user_id": {"S": person.user_id}}
        )
        assert code(person.call("GET", "/user/me")) == (500, "internal_error")
        person.sign_in()
        assert person.call("DELETE", "/user/delete", json=self.BODY).status_code == 204
        found = database.execute("select deleted_at from users.user where id = %s", (person.user_id,)).fetchone()
        assert found is not None
        assert found[0] is not None

    def test_needs_the_current_password(self, person: Person, accounts: AccountsDouble) -> None:
        answer = person.call("DELETE", "/user/delete", json={"current_password": "wrong" * 3})
        assert code(answer) == (403, "wrong_password")
        for method in ("DELETE", "POST"):
            answer = person.call(method, "/user/delete")
            assert code(answer) == (403, "password_required")
            assert "current_password" in answer.json()["detail"]
            assert "POST /user/delete" in answer.json()["detail"]
        assert accounts.calls == []

    def test_by_post_for_clients_whose_delete_has_no_body(self, person: Person) -> None:
        assert person.call("POST", "/user/delete", json=self.BODY).status_code == 204
        assert code(person.call("GET", "/user/me")) == (401, "unauthenticated")


class TestLeaving:
    """From the beginning of a deletion on, the user gets nothing more."""

    BODY = TestDeleteUser.BODY

    def leaving(self, database: psycopg.Connection, person: Person) -> bool:
        row = database.execute(
            "select leaving_at is not null, deleted_at is not null from users.user where id = %s",
            (person.user_id,),
        ).fetchone()
        assert row is not None
        assert not row[1]
        return bool(row[0])

    def begin(self, database: psycopg.Connection, person: Person) -> None:
        database.execute("update users.user set leaving_at = clock_timestamp() where id = %s", (person.user_id,))

    def test_who_has_no_key_left_is_not_signed_in_and_no_alarm(
        self, person: Person, database: psycopg.Connection, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.begin(database, person)
        client = boto3.client("dynamodb", region_name="eu-central-1")
        client.delete_item(TableName="tidemark-data-keys", Key={"user_id": {"S": person.user_id}})
        assert code(person.call("GET", "/user/me")) == (401, "unauthenticated")
        assert "alarm" not in capsys.readouterr().out

    def test_is_marked_before_accounts_are_asked(
        self, person: Person, staff: Person, accounts: AccountsDouble, database: psycopg.Connection
    ) -> None:
        assert person.send_photo().status_code == 200
        seen: list[Any] = []

        def look() -> None:
            seen.append(self.leaving(database, person))
            query = "select is_leaving from users.present_user where user_id = %s"
            seen.append(database.execute(query, (person.user_id,)).fetchone())
            seen.append(code(person.call("POST", "/user/token", json={"name": "late"})))
            approve = {"decision": "approve"}
            seen.append(code(staff.call("POST", f"/user/review/{person.user_id}", json=approve)))

        accounts.before_answer = look
        assert person.call("DELETE", "/user/delete", json=self.BODY).status_code == 204
        assert seen == [True, (True,), (409, "user_leaving"), (404, "not_found")]
        rows = database.execute("select 1 from users.present_user where user_id = %s", (person.user_id,))
        assert rows.fetchone() is None

    def test_who_holds_money_stays(
        self, person: Person, accounts: AccountsDouble, database: psycopg.Connection
    ) -> None:
        accounts.refuse(409, "balance_not_zero")
        assert code(person.call("DELETE", "/user/delete", json=self.BODY)) == (409, "balance_not_zero")
        assert not self.leaving(database, person)
        assert person.call("POST", "/user/token", json={"name": "again"}).status_code == 201

    def test_a_refused_deletion_does_not_end_one_that_began_meanwhile(
        self, person: Person, accounts: AccountsDouble, database: psycopg.Connection
    ) -> None:
        accounts.before_answer = lambda: self.begin(database, person)
        accounts.refuse(409, "balance_not_zero")
        assert code(person.call("DELETE", "/user/delete", json=self.BODY)) == (409, "balance_not_zero")
        assert self.leaving(database, person)

    def test_who_was_let_stay_meanwhile_is_not_deleted(
        self, person: Person, accounts: AccountsDouble, database: psycopg.Connection
    ) -> None:
        """Another deletion was refused, and they may have opened an account since."""

        def stay() -> None:
            database.execute("update users.user set leaving_at = null where id = %s", (person.user_id,))

        accounts.before_answer = stay
        assert code(person.call("DELETE", "/user/delete", json=self.BODY)) == (409, "conflict")
        assert person.call("GET", "/user/me").json()["email"] == person.email

    def test_two_deletions_at_once_both_are_done(self, person: Person, accounts: AccountsDouble) -> None:
        answers: list[int] = []

        def again() -> None:
            accounts.before_answer = None
            answers.append(person.call("DELETE", "/user/delete", json=self.BODY).status_code)

        accounts.before_answer = again
        answers.append(person.call("DELETE", "/user/delete", json=self.BODY).status_code)
        assert answers == [204, 204]


class TestFinish:
    """Deletions that were cut off."""

    def finish(self, client: TestClient[Litestar]) -> None:
        client.blocking_portal.call(client.app.state.services.deletion.finish_all)

    def begin(self, database: psycopg.Connection, person: Person, ago: str) -> None:
        database.execute(
            "update users.user set leaving_at = now() - cast(%s as interval) where id = %s", (ago, person.user_id)
        )

    def test_are_finished_later_without_the_user(
        self,
        person: Person,
        client: TestClient[Litestar],
        accounts: AccountsDouble,
        database: psycopg.Connection,
    ) -> None:
        self.begin(database, person, "3 minutes")
        database.execute("delete from users.session where user_id = %s", (person.user_id,))
        self.finish(client)
        ((method, path, token),) = accounts.calls
        assert (method, path) == ("DELETE", f"/account/user/{person.user_id}")
        assert token != person.token
        rows = database.execute(
            "select name, deleted_at is not null from users.user where id = %s", (person.user_id,)
        )
        assert rows.fetchone() == (None, True)
        assert item("tidemark-data-keys", person.user_id) is None
        self.finish(client)
        assert len(accounts.calls) == 1

    def test_not_while_they_may_still_run(
        self,
        person: Person,
        client: TestClient[Litestar],
        accounts: AccountsDouble,
        database: psycopg.Connection,
    ) -> None:
        self.begin(database, person, "1 minute")
        self.finish(client)
        assert accounts.calls == []
        self.begin(database, person, "0")
        assert person.call("DELETE", "/user/delete", json=self.BODY).status_code == 204

    BODY = TestDeleteUser.BODY

    @pytest.mark.parametrize(
        ("status", "refusal", "stays"), [(409, "balance_not_zero", True), (503, "unavailable", False)]
    )
    def test_who_holds_money_stays_and_who_cannot_be_asked_about_waits(
        self,
        person: Person,
        client: TestClient[Litestar],
        accounts: AccountsDouble,
        database: psycopg.Connection,
        status: int,
        refusal: str,
        stays: bool,
    ) -> None:
        self.begin(database, person, "3 minutes")
        accounts.refuse(status, refusal, times=1 if stays else 3)
        self.finish(client)
        row = database.execute(
            "select leaving_at is null, deleted_at is null,"
            " (select count(*) from users.session s where s.user_id = u.id) from users.user u where id = %s",
            (person.user_id,),
        ).fetchone()
        assert row == (stays, True, 1)
        assert person.call("GET", "/user/me").status_code == 200
        database.execute("update users.user set leaving_at = null where id = %s", (person.user_id,))
