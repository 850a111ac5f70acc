"""The commands, run as `tidemark` runs them."""

import json
import subprocess
import sys
from collections.abc import Callable
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
from tests.users.people import PASSWORD, Person

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

    def test_gives_an_existing_user_the_role(self, admin: Admin, person: Person) -> None:
        for role in ("staff", "staff", "analyst"):
            done = admin("staff-add", "--email", person.email, "--name", "x", "--role", role)
            assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
        me = person.call("GET", "/user/me").json()
        assert (me["roles"], me["approved"], me["name"]) == (["analyst", "staff"], True, person.name)

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
