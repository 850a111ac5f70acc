"""The rotation of a role's password: on a real Postgres, with the emulated Secrets Manager, step by step."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import psycopg
import pytest

from infra.functions.rotation.handler import RotationError, handler
from tests.cluster import Databases
from tests.tls import Authority, tls_before

pytestmark = pytest.mark.slow

ROLE = "rotated_app"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FIRST = "the first password"


class World:
    """A role of the database, its secret, and the steps that Secrets Manager asks for."""

    def __init__(self, databases: Databases, administrator: psycopg.Connection) -> None:
        parts = urlsplit(databases.superuser_url())
        self.port = parts.port
        self.database = parts.path.removeprefix("/")
        self.administrator = administrator
        self.client: Any = boto3.client("secretsmanager", region_name="eu-central-1")
        self.secret_id = f"bank/database/{uuid4().hex}"
        content = {"username": ROLE, "password": FIRST, "dbname": self.database}
        self.client.create_secret(Name=self.secret_id, SecretString=json.dumps(content))

    def do(self, *steps: str, version: str) -> None:
        for step in steps:
            handler({"Step": step, "SecretId": self.secret_id, "ClientRequestToken": version}, None)

    def password(self, stage: str = "AWSCURRENT") -> str:
        told = self.client.get_secret_value(SecretId=self.secret_id, VersionStage=stage)
        return str(json.loads(told["SecretString"])["password"])

    def write(self, content: Any, stage: str, version: str) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        self.client.put_secret_value(
            SecretId=self.secret_id, ClientRequestToken=version, SecretString=text, VersionStages=[stage]
        )

    def connect(self, password: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=ROLE,
            password=password,
            dbname=self.database,
            autocommit=True,
        )

    def takes(self, password: str) -> bool:
        try:
            self.connect(password).close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture
def world(
    module_databases: Databases, aws: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[World]:
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with psycopg.connect(module_databases.superuser_url(), autocommit=True) as administrator:
        administrator.execute(f"create role {ROLE} login password '{FIRST}'")
        administrator.execute(f'grant connect on database "{administrator.info.dbname}" to {ROLE}')
        world = World(module_databases, administrator)
        monkeypatch.setenv("TIDEMARK_DATABASE_HOST", "127.0.0.1")
        monkeypatch.setenv("TIDEMARK_DATABASE_PORT", str(world.port))
        yield world
        administrator.execute(
            f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '{ROLE}'"
        )
        administrator.execute(f"drop owned by {ROLE}")
        administrator.execute(f"drop role {ROLE}")


@pytest.fixture
def version() -> str:
    return str(uuid4())


class TestRotation:
    def test_the_role_gets_a_new_password_and_the_secret_has_it(self, world: World, version: str) -> None:
        world.do(*STEPS, version=version)
        new = world.password()
        assert new != FIRST
        assert len(new) >= 40
        assert world.takes(new)
        assert not world.takes(FIRST)
        assert world.password("AWSPREVIOUS") == FIRST

    def test_a_connection_that_lives_goes_on(self, world: World, version: str) -> None:
        with world.connect(FIRST) as connection:
            world.do(*STEPS, version=version)
            assert connection.execute("select 1").fetchone() == (1,)

    def test_again_and_again(self, world: World) -> None:
        seen = {FIRST}
        for _ in range(3):
            world.do(*STEPS, version=str(uuid4()))
            seen.add(world.password())
            assert world.takes(world.password())
        assert len(seen) == 4

    def test_nothing_of_it_is_printed(
        self, world: World, version: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        world.do(*STEPS, version=version)
        printed = capsys.readouterr()
        assert [json.loads(line)["step"] for line in printed.out.splitlines()] == list(STEPS)
        assert world.password() not in printed.out + printed.err
        assert FIRST not in printed.out + printed.err

    def test_the_server_sees_a_verifier_alone(self, world: World, version: str) -> None:
        row = world.administrator.execute(
            "select rolpassword from pg_authid where rolname = %s", [ROLE]
        ).fetchone()
        world.do(*STEPS, version=version)
        changed = world.administrator.execute(
            "select rolpassword from pg_authid where rolname = %s", [ROLE]
        ).fetchone()
        assert changed is not None
        assert changed != row
        assert changed[0].startswith("SCRAM-SHA-256$")


class TestTwice:
    @pytest.mark.parametrize("step", STEPS)
    def test_each_step_may_come_again(self, world: World, version: str, step: str) -> None:
        """Lambda may be called twice for one event."""
        for each in STEPS:
            world.do(each, version=version)
            if each == step:
                pending = world.password("AWSPENDING") if step != "finishSecret" else world.password()
                world.do(each, version=version)
        assert world.password() == pending
        assert world.takes(pending)

    def test_all_of_it_again_after_its_end_changes_nothing(self, world: World, version: str) -> None:
        world.do(*STEPS, version=version)
        new = world.password()
        world.do(*STEPS, version=version)
        assert world.password() == new
        assert world.takes(new)


class TestCrash:
    @pytest.mark.parametrize("done", range(4))
    def test_whatever_was_done_before_it_the_next_try_ends_it(self, world: World, version: str, done: int) -> None:
        """Secrets Manager begins anew, with the same version."""
        world.do(*STEPS[:done], version=version)
        world.do(*STEPS, version=version)
        assert world.takes(world.password())
        assert not world.takes(FIRST)

    def test_until_the_database_has_it_the_old_one_is_good(self, world: World, version: str) -> None:
        world.do("createSecret", version=version)
        assert world.password() == FIRST
        assert world.takes(FIRST)
        assert not world.takes(world.password("AWSPENDING"))

    def test_a_database_restored_from_before_the_last_rotation(self, world: World, version: str) -> None:
        world.do(*STEPS, version=str(uuid4()))
        world.administrator.execute(f"alter role {ROLE} password '{FIRST}'")
        world.do(*STEPS, version=version)
        assert world.takes(world.password())


class TestRefused:
    def test_nobody_can_sign_in(self, world: World, version: str) -> None:
        world.administrator.execute(f"alter role {ROLE} password 'set by hand'")
        world.do("createSecret", version=version)
        with pytest.raises(RotationError, match=r"neither the present nor the last .* `prepare`"):
            world.do("setSecret", version=version)
        assert world.takes("set by hand")

    def test_what_was_never_set_is_not_put_to_use(self, world: World, version: str) -> None:
        world.do("createSecret", version=version)
        with pytest.raises(RotationError, match="does not take the new password"):
            world.do("testSecret", version=version)
        assert world.password() == FIRST

    def test_a_server_that_is_away_is_no_refusal(
        self, world: World, version: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.do("createSecret", version=version)
        monkeypatch.setenv("TIDEMARK_DATABASE_PORT", "1")
        with pytest.raises(psycopg.OperationalError):
            world.do("setSecret", version=version)

    def test_a_secret_of_another_role_gives_no_way_in(self, world: World, version: str) -> None:
        """Somebody wrote a whole secret by hand: its password belongs to nobody here."""
        content = {"username": "somebody_else", "password": FIRST, "dbname": world.database}
        world.write(content, "AWSPENDING", version)
        with pytest.raises(RotationError, match="somebody_else"):
            world.do("setSecret", version=version)

    @pytest.mark.parametrize("content", ["no JSON: hunter2", '["hunter2"]', '{"password": "hunter2"}'])
    def test_a_secret_of_another_form_is_not_quoted(self, world: World, version: str, content: str) -> None:
        world.write(content, "AWSCURRENT", str(uuid4()))
        with pytest.raises(RotationError) as refused:
            world.do("createSecret", version=version)
        assert "hunter2" not in str(refused.value)
        assert refused.value.__cause__ is None


class TestCertificate:
    def test_the_databases_certificate_is_checked(
        self, world: World, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ours, another = Authority.make("ours"), Authority.make("another")
        assert world.port is not None
        with tls_before(world.port, ours.certify("127.0.0.1", tmp_path)) as port:
            monkeypatch.setenv("TIDEMARK_DATABASE_PORT", str(port))
            monkeypatch.setenv("TIDEMARK_DATABASE_CA", another.pem)
            world.do("createSecret", version=version)
            with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
                world.do("setSecret", version=version)
            monkeypatch.setenv("TIDEMARK_DATABASE_CA", ours.pem)
            world.do("setSecret", "testSecret", "finishSecret", version=version)
        assert world.takes(world.password())
