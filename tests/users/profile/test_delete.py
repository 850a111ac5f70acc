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
        for table in ("email_digest", "session", "known_source"):
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
