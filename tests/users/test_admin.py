"""The commands, run as `tidemark` runs them."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import CliRunner, Result
from litestar import Litestar
from litestar.testing import TestClient

from api.users.admin import main
from tests.cluster import Databases
from tests.stalling import stalling_proxy
from tests.users.conftest import wait_until_blocked
from tests.users.people import PASSWORD, Person, code

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
Admin = Callable[..., Result]


@pytest.fixture
def admin(environment: dict[str, str]) -> Admin:
    def run(*arguments: str, stdin: str = "", **settings: str) -> Result:
        return CliRunner().invoke(main, arguments, input=stdin, env=environment | settings)

    return run


class TestModule:
    def test_is_a_program(self, environment: dict[str, str], person: Person) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "api.users.admin", "user-id", "--email", person.email],
            env=environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{person.user_id}\n", "")


class TestMigrate:
    def test_again_changes_nothing(self, admin: Admin, empty_databases: Databases) -> None:
        for _ in range(2):
            done = admin("migrate", TIDEMARK_MIGRATION_URL=empty_databases.url("users_owner"))
            assert (done.exit_code, done.stdout) == (0, ""), done.stderr

    def test_names_what_is_missing(self, admin: Admin) -> None:
        done = admin("migrate", TIDEMARK_MIGRATION_URL="")
        assert done.exit_code == 2
        assert done.stderr == "Error: TIDEMARK_MIGRATION_URL is not set\n"


class TestStaffAdd:
    def test_with_a_password(self, admin: Admin, client: TestClient[Litestar]) -> None:
        done = admin(
            "staff-add", "--email", "Rita@Example.com", "--name", "Rita", "--password-stdin", stdin=PASSWORD + "\n"
        )
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
        me = Person(client, email="rita@example.com").sign_in().call("GET", "/user/me").json()
        assert (me["roles"], me["approved"], me["phone"]) == (["staff"], True, "")

    def test_without_prints_a_password_that_works(self, admin: Admin, client: TestClient[Litestar]) -> None:
        done = admin("staff-add", "--email", "ann@example.com", "--name", "Ann", "--role", "analyst")
        assert done.exit_code == 0, done.stderr
        person = Person(client, email="ann@example.com", password=done.stdout.strip()).sign_in()
        assert person.call("GET", "/user/me").json()["roles"] == ["analyst"]

    def test_a_password_that_was_made_up_is_good_for_a_day(
        self, admin: Admin, client: TestClient[Litestar], database: psycopg.Connection
    ) -> None:
        password = admin("staff-add", "--email", "day@example.com", "--name", "Day").stdout.strip()
        person = Person(client, email="day@example.com", password=password).sign_in()
        me = person.call("GET", "/user/me").json()
        made_at, expires_at = (datetime.fromisoformat(me[at]) for at in ("created_at", "password_expires_at"))
        assert expires_at - made_at == timedelta(hours=24)
        database.execute("update users.user set password_expires_at = now() where id = %s", (me["user_id"],))
        credentials = {"email": person.email, "password": password}
        assert client.post("/user/login", json=credentials).status_code == 401
        change = {"current_password": password, "new_password": PASSWORD}
        changed = person.call("PUT", "/user/update", json=change)
        assert (changed.status_code, changed.json()["password_expires_at"]) == (200, None)
        assert client.post("/user/login", json=credentials | {"password": PASSWORD}).status_code == 200

    def test_another_change_does_not_keep_it_alive(
        self, admin: Admin, client: TestClient[Litestar], database: psycopg.Connection
    ) -> None:
        password = admin("staff-add", "--email", "name@example.com", "--name", "Name").stdout.strip()
        person = Person(client, email="name@example.com", password=password).sign_in()
        changed = person.call("PUT", "/user/update", json={"name": "Another", "current_password": password})
        assert changed.json()["password_expires_at"] is not None

    def test_gives_an_existing_user_the_role(self, admin: Admin, person: Person) -> None:
        for role in ("staff", "staff", "analyst"):
            done = admin("staff-add", "--email", person.email, "--name", "x", "--role", role)
            assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
        me = person.call("GET", "/user/me").json()
        assert (me["roles"], me["approved"], me["name"]) == (["analyst", "staff"], True, person.name)

    def test_a_code_given_out_before_is_worthless(
        self, admin: Admin, person: Person, database: psycopg.Connection, module_databases: Databases
    ) -> None:
        """Also one that is being given out just then: staff must not get at a colleague's password by it."""
        with ThreadPoolExecutor(1) as pool, psycopg.connect(module_databases.superuser_url()) as other:
            other.execute("select from users.user where id = %s for update", (person.user_id,))
            done = pool.submit(admin, "staff-add", "--email", person.email, "--name", "x")
            wait_until_blocked(database, other, done)
            other.execute(
                "insert into users.reset_code (user_id, digest, expires_at)"
                " values (%s, 'x', now() + interval '1 hour')",
                (person.user_id,),
            )
            other.commit()
            assert done.result().exit_code == 0
        assert database.execute(
            "select count(*) from users.reset_code where user_id = %s", (person.user_id,)
        ).fetchone() == (0,)

    def test_refuses_a_weak_password(self, admin: Admin) -> None:
        done = admin(
            "staff-add", "--email", "weak@example.com", "--name", "Weak", "--password-stdin", stdin="password1234"
        )
        assert done.exit_code == 1
        assert done.stderr == "Error: password: it is one of the passwords that are tried first\n"


class TestUserId:
    def test_known_and_unknown(self, admin: Admin, person: Person) -> None:
        done = admin("user-id", "--email", person.email.upper())
        assert (done.exit_code, done.stdout.strip()) == (0, person.user_id)
        done = admin("user-id", "--email", "nobody@example.com")
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr == "Error: there is no user with this email\n"


class TestResetCode:
    def test_staff_set_a_new_password_with_it(
        self, admin: Admin, staff: Person, database: psycopg.Connection
    ) -> None:
        done = admin("reset-code", "--email", staff.email)
        assert (done.exit_code, done.stderr) == (0, "")
        assert staff.call("GET", "/user/me").status_code == 401
        body = {"email": staff.email, "code": done.stdout.strip(), "new_password": "another battery staple"}
        assert staff.client.post("/user/recovery", json=body).status_code == 204
        staff.password = "another battery staple"
        assert staff.sign_in().call("GET", "/user/me").status_code == 200
        assert database.execute(
            "select staff_id, action from users.intervention where user_id = %s order by id", (staff.user_id,)
        ).fetchall() == [(None, "issue_code"), (None, "reset_password")]

    def test_of_nobody(self, admin: Admin) -> None:
        done = admin("reset-code", "--email", "nobody@example.com")
        assert (done.exit_code, done.stderr) == (1, "Error: there is no user with this email\n")


class TestSignOut:
    def test_one_and_everybody(self, admin: Admin, person: Person, staff: Person) -> None:
        assert admin("sign-out", "--email", person.email).exit_code == 0
        assert [who.call("GET", "/user/me").status_code for who in (person, staff)] == [401, 200]
        person.sign_in()
        assert admin("sign-out", "--all").exit_code == 0
        assert [who.call("GET", "/user/me").status_code for who in (person, staff)] == [401, 401]

    def test_everybodys_codes_are_worthless(
        self, admin: Admin, person: Person, database: psycopg.Connection
    ) -> None:
        reset_code = admin("reset-code", "--email", person.email).stdout.strip()
        assert admin("sign-out", "--all").exit_code == 0
        body = {"email": person.email, "code": reset_code, "new_password": "another battery staple"}
        assert code(person.client.post("/user/recovery", json=body)) == (409, "reset_refused")
        assert database.execute("select count(*) from users.reset_code").fetchone() == (0,)

    def test_everybody_means_who_is_about_to_sign_in_too(
        self, admin: Admin, person: Person, database: psycopg.Connection, module_databases: Databases
    ) -> None:
        with ThreadPoolExecutor(1) as pool, psycopg.connect(module_databases.superuser_url()) as other:
            other.execute(
                "insert into users.session (user_id, scope, signing_key_id, idle_expires_at, expires_at)"
                " select user_id, scope, signing_key_id, idle_expires_at, expires_at"
                " from users.session where user_id = %s",
                (person.user_id,),
            )
            done = pool.submit(admin, "sign-out", "--all")
            wait_until_blocked(database, other, done)
            other.commit()
            assert done.result().exit_code == 0
        assert database.execute("select count(*) from users.session").fetchone() == (0,)

    @pytest.mark.parametrize("options", [(), ("--all", "--email", "a@example.com")])
    def test_whose_must_be_said(self, admin: Admin, options: tuple[str, ...]) -> None:
        done = admin("sign-out", *options)
        assert (done.exit_code, "give one of --email and --all" in done.stderr) == (2, True)


class TestAddUsers:
    def test_adds_finds_and_repeats(
        self, admin: Admin, client: TestClient[Litestar], database: psycopg.Connection, person: Person
    ) -> None:
        lines: list[dict[str, Any]] = [
            {
                "name": "A",
                "email": "a1@example.com",
                "phone": "+12025550101",
                "password": PASSWORD,
                "approved": True,
            },
            {
                "name": "B",
                "email": "b1@example.com",
                "phone": "+12025550102",
                "password": None,
                "roles": ["analyst"],
            },
            {"name": "A again", "email": "A1@example.com", "phone": "+12025550101"},
            {"name": "C", "email": person.email, "phone": "+12025550103"},
        ]
        stdin = "\n".join(map(json.dumps, lines))
        outputs = []
        for _ in range(2):
            done = admin("add-users", stdin=stdin)
            assert done.exit_code == 0, done.stderr
            outputs.append([json.loads(line) for line in done.stdout.splitlines()])
        assert outputs[0] == outputs[1]
        ids = [line["user_id"] for line in outputs[0]]
        assert [line["email"] for line in outputs[0]] == [line["email"] for line in lines]
        assert ids[0] == ids[2]
        assert ids[3] == person.user_id
        rows = database.execute(
            "select approved_at is not null, roles, password_hash is null from users.user"
            " where id = any(%s) order by 3",
            (ids[:2],),
        ).fetchall()
        assert rows == [(True, [], False), (False, ["analyst"], True)]
        me = Person(client, email="a1@example.com").sign_in().call("GET", "/user/me").json()
        assert me["name"] in ("A", "A again")

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ('{"name": "A"}', "line 2: Object missing required field `email`"),
            ('{"name":"A","email":"a","phone":"+12025550101"}', "line 2: email: this is not an email address"),
        ],
    )
    def test_a_bad_line_is_named_and_nobody_added(
        self, admin: Admin, database: psycopg.Connection, line: str, message: str
    ) -> None:
        before = database.execute("select count(*) from users.user").fetchone()
        good = '{"name":"A","email":"good@example.com","phone":"+12025550101"}'
        done = admin("add-users", stdin=f"{good}\n{line}\n")
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr == f"Error: {message}\n"
        assert database.execute("select count(*) from users.user").fetchone() == before


class TestKeysRotate:
    def test_says_what_it_did(self, admin: Admin, client: TestClient[Litestar], person: Person) -> None:
        done = admin("keys", "rotate", "--lead-minutes", "1")
        assert done.exit_code == 0, done.stderr
        master, signing, index = done.stdout.splitlines()
        assert master.startswith("master key master-")
        assert signing.startswith("signing key sign-")
        assert signing.endswith(": published, signs in 60 seconds")
        assert index.startswith("index key index-")
        assert person.sign_in().call("GET", "/user/me").json()["email"] == person.email

    def test_its_lock_goes_past_the_databases_proxy(
        self, admin: Admin, environment: dict[str, str], client: TestClient[Litestar]
    ) -> None:
        """A proxy may give each statement to another session, and the lock is one session's."""
        url = environment["TIDEMARK_DATABASE_URL"]
        port = urlsplit(url).port
        assert port
        with stalling_proxy(port) as usual, stalling_proxy(port) as direct:
            addresses = {
                "TIDEMARK_DATABASE_URL": url.replace(f":{port}/", f":{usual.port}/"),
                "TIDEMARK_DIRECT_DATABASE_URL": url.replace(f":{port}/", f":{direct.port}/"),
            }
            done = admin("keys", "rotate", **addresses)
            assert done.exit_code == 0, done.stderr
            assert (b"pg_advisory_lock" in usual.asked, b"pg_advisory_lock" in direct.asked) == (False, True)
            assert b"users.signing_key" in usual.asked
