"""The commands, run as processes, as `tidemark` runs them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.cluster import Databases
from tests.users.people import PASSWORD, Person

REPOSITORY = Path(__file__).resolve().parents[2]
Admin = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def admin(environment: dict[str, str]) -> Admin:
    def run(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "api.users.admin", *arguments],
            input=stdin,
            env=environment | settings,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


class TestMigrate:
    def test_again_changes_nothing(self, admin: Admin, empty_databases: Databases) -> None:
        for _ in range(2):
            done = admin("migrate", TIDEMARK_MIGRATION_URL=empty_databases.url("users_owner"))
            assert (done.returncode, done.stdout) == (0, ""), done.stderr

    def test_names_what_is_missing(self, admin: Admin) -> None:
        done = admin("migrate", TIDEMARK_MIGRATION_URL="")
        assert done.returncode == 1
        assert done.stderr == "Error: TIDEMARK_MIGRATION_URL is not set\n"


class TestStaffAdd:
    def test_with_a_password(self, admin: Admin, client: TestClient[Litestar]) -> None:
        done = admin(
            "staff-add", "--email", "Rita@Example.com", "--name", "Rita", "--password-stdin", stdin=PASSWORD + "\n"
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        me = Person(client, email="rita@example.com").sign_in().call("GET", "/user/me").json()
        assert (me["roles"], me["approved"], me["phone"]) == (["staff"], True, "")

    def test_without_prints_a_password_that_works(self, admin: Admin, client: TestClient[Litestar]) -> None:
        done = admin("staff-add", "--email", "ann@example.com", "--name", "Ann", "--role", "analyst")
        assert done.returncode == 0, done.stderr
        person = Person(client, email="ann@example.com", password=done.stdout.strip()).sign_in()
        assert person.call("GET", "/user/me").json()["roles"] == ["analyst"]

    def test_gives_an_existing_user_the_role(self, admin: Admin, person: Person) -> None:
        for role in ("staff", "staff", "analyst"):
            done = admin("staff-add", "--email", person.email, "--name", "x", "--role", role)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        me = person.call("GET", "/user/me").json()
        assert (me["roles"], me["approved"], me["name"]) == (["analyst", "staff"], True, person.name)

    def test_refuses_a_weak_password(self, admin: Admin) -> None:
        done = admin(
            "staff-add", "--email", "weak@example.com", "--name", "Weak", "--password-stdin", stdin="password1234"
        )
        assert done.returncode == 1
        assert done.stderr == "Error: password: it is one of the passwords that are tried first\n"


class TestUserId:
    def test_known_and_unknown(self, admin: Admin, person: Person) -> None:
        done = admin("user-id", "--email", person.email.upper())
        assert (done.returncode, done.stdout.strip()) == (0, person.user_id)
        done = admin("user-id", "--email", "nobody@example.com")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "Error: there is no user with this email\n"


class TestAddUsers:
    def test_adds_finds_and_repeats(
        self, admin: Admin, client: TestClient[Litestar], database: psycopg.Connection, person: Person
    ) -> None:
        lines = [
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
            assert done.returncode == 0, done.stderr
            outputs.append([json.loads(line) for line in done.stdout.splitlines()])
        assert outputs[0] == outputs[1]
        ids = [line["user_id"] for line in outputs[0]]
        assert [line["email"] for line in outputs[0]] == [line["email"] for line in lines]
        assert ids[0] == ids[2]
        assert ids[3] == person.user_id
        rows = database.execute(
            "select approved_at is not null, roles, password_hash is null from users.user where id = any(%s) order by 3",
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
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"Error: {message}\n"
        assert database.execute("select count(*) from users.user").fetchone() == before


class TestKeysRotate:
    def test_everything_goes_on(
        self, admin: Admin, client: TestClient[Litestar], database: psycopg.Connection, person: Person
    ) -> None:
        kids = [key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]]
        done = admin("keys", "rotate", "--lead-minutes", "0")
        assert done.returncode == 0, done.stderr
        keys = [key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]]
        assert keys[1:] == kids
        assert person.call("GET", "/user/me").status_code == 200
        person.sign_in()
        assert person.call("GET", "/user/me").json()["email"] == person.email
        again = Person(client, email=person.email)
        body = {"name": "x", "email": again.email, "phone": again.phone, "password": PASSWORD}
        assert client.post("/user/create", json=body).status_code == 409
        (count,) = database.execute("select count(*) from users.index_key").fetchone() or (0,)
        assert count == 1
        masters = database.execute(
            "select master_key_id from users.index_key union select master_key_id from users.signing_key"
        ).fetchall()
        assert len(masters) == 1
        assert masters[0][0] != "first"
