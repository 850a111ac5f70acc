"""The commands of the containers on AWS, against a server of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import boto3
import httpx
import psycopg
import pytest

from infra.containers.settings import AdministratorSettings
from infra.local import databases
from infra.local.databases import APP_TIMEOUTS, NAMES, ROLES
from infra.local.ports import free_port
from infra.local.services import SERVICES
from tests.cluster import PASSWORDS, REPOSITORY
from tests.postgres_process import PostgresProcess

LIMIT_S = 180
SECRETS = "containers/database/"
PERIODS = ("daily", "weekly", "monthly")
SCHEDULES = """
{ repositoriesOrError { ... on RepositoryConnection { nodes { schedules { name scheduleState { status } } } } } }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresProcess]:
    """An empty server: what `prepare` makes has names that a shared one has already."""
    folder = tmp_path_factory.mktemp("server")
    server = PostgresProcess(folder / "postgres", free_port(), folder / "postgres.log", password="postgres")
    server.start()
    server.wait_ready()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def environment(
    server: PostgresProcess, aws: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What ECS hands out."""
    parts = urlsplit(server.superuser_url)
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        **aws,
        "TIDEMARK_HOME": str(tmp_path_factory.mktemp("home")),
        "TIDEMARK_DATABASE_HOST": str(parts.hostname),
        "TIDEMARK_DATABASE_PORT": str(parts.port),
        "TIDEMARK_ADMINISTRATOR": "postgres",
        "TIDEMARK_ADMINISTRATOR_PASSWORD": "postgres",
        "TIDEMARK_CLOSE_SCHEDULES": "false",
        "TIDEMARK_OPERATOR_HOST": "dagster.bank.example",
        "TIDEMARK_ROLE_SECRETS": SECRETS,
    }


@pytest.fixture(scope="module")
def secrets_manager(environment: dict[str, str]) -> Any:
    """With the roles' secrets, of which one is empty, as all are at the first start."""
    client = boto3.client(
        "secretsmanager",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    for role in ROLES:
        content = json.dumps({"username": role, "password": PASSWORDS[role], "dbname": NAMES.of(role)})
        client.create_secret(Name=f"{SECRETS}{role}", **({} if role == "analyst" else {"SecretString": content}))
    return client


@pytest.fixture(scope="module")
def prepared(environment: dict[str, str], secrets_manager: Any) -> str:
    return run("prepare", environment).stdout


def run(part: str, environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "infra.containers", part, *arguments],
        cwd=REPOSITORY,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=LIMIT_S * 2,
        check=False,
    )


class TestSettings:
    def test_nothing_shows_the_administrators_password(self) -> None:
        settings = AdministratorSettings(
            home=Path("/"),
            role_secrets="",
            database_host="db",
            administrator="admin",
            administrator_password="s3cret",
        )
        assert "s3cret" not in repr(settings)
        assert settings.url == "postgresql://admin:s3cret@db:5432/postgres"
        assert settings.server == "postgresql://db:5432"


@pytest.mark.slow
class TestPrepare:
    def test_it_makes_the_bank_again_and_again(self, prepared: str, environment: dict[str, str]) -> None:
        assert prepared.endswith("The database is ready.\n")
        again = run("prepare", environment)
        assert (again.returncode, again.stdout[-23:]) == (0, "The database is ready.\n")

    def test_the_services_are_cut_off_in_time_by_their_role(self, prepared: str, server: PostgresProcess) -> None:
        """A proxy forbids that they say so themselves."""
        for service in SERVICES:
            url = databases.url(server.superuser_url, f"{service}_app", PASSWORDS[f"{service}_app"], "bank")
            with psycopg.connect(url) as connection:
                for name, value in APP_TIMEOUTS.items():
                    assert connection.execute("select current_setting(%s)", [name]).fetchone() == (value,)

    def test_a_new_password_is_given_out(
        self, prepared: str, environment: dict[str, str], server: PostgresProcess, secrets_manager: Any
    ) -> None:
        content = json.dumps({"username": "publisher", "password": "another one", "dbname": "bank"})
        secrets_manager.put_secret_value(SecretId=f"{SECRETS}publisher", SecretString=content)
        changed = run("prepare", environment)
        assert changed.returncode == 0, changed.stderr
        with psycopg.connect(databases.url(server.superuser_url, "publisher", "another one", "bank")):
            pass

    def test_an_empty_secret_gets_a_password_that_the_role_has(
        self, prepared: str, secrets_manager: Any, server: PostgresProcess
    ) -> None:
        kept = json.loads(secrets_manager.get_secret_value(SecretId=f"{SECRETS}analyst")["SecretString"])
        assert (kept["username"], kept["dbname"]) == ("analyst", "warehouse")
        with psycopg.connect(databases.url(server.superuser_url, "analyst", kept["password"], "warehouse")):
            pass

    def test_no_password_is_printed(self, prepared: str, environment: dict[str, str]) -> None:
        again = run("prepare", environment)
        assert [role for role in ROLES if PASSWORDS[role] in prepared + again.stdout + again.stderr] == []

    def test_it_says_what_it_lacks(self, environment: dict[str, str]) -> None:
        lacking = {name: value for name, value in environment.items() if name != "TIDEMARK_ADMINISTRATOR"}
        done = run("prepare", lacking)
        assert (done.returncode, done.stderr) == (1, "Error: TIDEMARK_ADMINISTRATOR is not set\n")

    def test_secrets_that_are_not_there_are_named(self, environment: dict[str, str]) -> None:
        done = run("prepare", {**environment, "TIDEMARK_ROLE_SECRETS": "elsewhere/"})
        assert done.returncode == 1
        assert "The secret elsewhere/" in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.slow
class TestRun:
    def test_the_launchers_command_is_done_with_what_the_pipeline_has(
        self, prepared: str, environment: dict[str, str]
    ) -> None:
        program = (
            "import os, sys; e = os.environ; print(sys.argv[1:], e['TIDEMARK_WAREHOUSE_URL'], e['PGPASSFILE'])"
        )
        done = run("run", environment, sys.executable, "-c", program, "--option", "-m", '{"a": 1}')
        assert done.returncode == 0, done.stderr
        arguments, url, file = done.stdout.splitlines()[-1].rsplit(" ", 2)
        assert arguments == "['--option', '-m', '{\"a\": 1}']"
        assert url.startswith("postgresql://warehouse@127.0.0.1")
        assert file == f"{environment['TIDEMARK_HOME']}/passwords"


@pytest.mark.slow
class TestAdministration:
    def test_the_ledger_is_verified_and_compared(self, prepared: str, environment: dict[str, str]) -> None:
        done = run("verify", environment)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("The ledger is right: 0 accounts")

    def test_the_warehouse_is_read_anew(self, prepared: str, environment: dict[str, str]) -> None:
        done = run("pipeline", environment, "reload", "--may-restate")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Read 0 transactions and 0 accounts anew")

    def test_the_exit_code_is_the_commands(self, prepared: str, environment: dict[str, str]) -> None:
        assert run("pipeline", environment, "unheard-of").returncode == 2


@pytest.mark.slow
class TestRotateKeys:
    def test_keys_are_exchanged_with_the_users_services_rights(
        self, prepared: str, environment: dict[str, str], server: PostgresProcess, tmp_path: Path
    ) -> None:
        kms = boto3.client(
            "kms",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        key = kms.create_key()["KeyMetadata"]["Arn"]
        alone = {name: value for name, value in environment.items() if "ADMINISTRATOR" not in name}
        told = {**alone, "TIDEMARK_HOME": str(tmp_path), "TIDEMARK_KMS_KEY_ID": key}
        for _ in range(2):
            done = run("rotate-keys", told)
            assert done.returncode == 0, done.stderr
        master, signing, index = done.stdout.splitlines()
        assert master == f"master key {key}: 0 keys wrapped anew"
        assert "published, signs in 10800 seconds" in signing
        assert index.endswith("0 users digested anew")
        with psycopg.connect(databases.url(server.superuser_url, "postgres", "postgres", "bank")) as connection:
            kept = connection.execute("select count(*) from users.signing_key").fetchone()
        assert kept == (3,), "one to begin with, and one of each rotation"
        assert (tmp_path / "passwords").read_text() == "", "it has nobody's"


@pytest.mark.slow
class TestDagster:
    def test_code_server_and_pages_as_one_task_has_them(
        self, prepared: str, environment: dict[str, str], tmp_path: Path
    ) -> None:
        """The web server answers by the name that the load balancer has, and has the jobs of the code server."""
        with (tmp_path / "log").open("w") as log:
            parts = [_start("passwords", environment, log)]
            try:
                _wait((Path(environment["TIDEMARK_HOME"]) / "passwords").exists, tmp_path)
                parts.append(_start("code-server", environment, log))
                _wait(lambda: (Path(environment["TIDEMARK_HOME"]) / "sockets" / "pipelines").is_socket(), tmp_path)
                alone = {name: value for name, value in environment.items() if "PASSWORD" not in name}
                port = free_port()
                parts.append(_start("web", alone, log, "--port", str(port)))
                found: list[dict[str, Any]] = []

                def has_answered() -> bool:
                    try:
                        answer = httpx.post(
                            f"http://127.0.0.1:{port}/graphql",
                            json={"query": SCHEDULES},
                            headers={"Host": "dagster.bank.example"},
                            timeout=30,
                        )
                    except httpx.HTTPError:
                        return False
                    # Until the code server has been asked there is none.
                    for repository in answer.json()["data"]["repositoriesOrError"].get("nodes", []):
                        found.extend(repository["schedules"])
                    return bool(found)

                _wait(has_answered, tmp_path)
            finally:
                for part in parts:
                    part.terminate()
                codes = [_ended(part) for part in parts]
        assert codes[0] == 0, "else the task of a backfill counts as failed"
        assert {each["name"] for each in found} == {f"close_{period}_schedule" for period in PERIODS}
        assert {each["scheduleState"]["status"] for each in found} == {"STOPPED"}


def _start(part: str, environment: Mapping[str, str], log: IO[str], *options: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "infra.containers", part, *options]
    return subprocess.Popen(command, cwd=REPOSITORY, env=dict(environment), stdout=log, stderr=log)


def _ended(part: "subprocess.Popen[bytes]") -> int:
    """Its exit code. As ECS does, it is killed where it does not end in time."""
    try:
        return part.wait(30)
    except subprocess.TimeoutExpired:
        part.kill()
        return part.wait(30)


def _wait(is_there: Callable[[], bool], tmp_path: Path) -> None:
    end = time.monotonic() + LIMIT_S
    while not is_there():
        assert time.monotonic() < end, (tmp_path / "log").read_text()[-3000:]
        time.sleep(0.5)
