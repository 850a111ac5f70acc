"""The commands of the containers on AWS, against a server of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from infra.containers.settings import AdministratorSettings, ContainerSettings, passwords
from infra.local import databases
from infra.local.databases import APP_TIMEOUTS, ROLES
from infra.local.ports import free_port
from infra.local.services import SERVICES
from tests.cluster import PASSWORDS, REPOSITORY
from tests.postgres_process import PostgresProcess

LIMIT_S = 120
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
        **{f"TIDEMARK_PASSWORD_{role.upper()}": PASSWORDS[role] for role in ROLES},
    }


@pytest.fixture(scope="module")
def prepared(environment: dict[str, str]) -> str:
    return run("prepare", environment).stdout


def run(part: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "infra.containers", part],
        cwd=REPOSITORY,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=LIMIT_S * 2,
        check=False,
    )


class TestPasswords:
    def test_by_role(self) -> None:
        given = {"TIDEMARK_PASSWORD_USERS_APP": "a", "TIDEMARK_PASSWORD_DAGSTER": "b"}
        assert passwords(["users_app", "dagster"], given) == {"users_app": "a", "dagster": "b"}

    def test_all_that_are_missing_are_named(self) -> None:
        with pytest.raises(Exception, match="PASSWORD_A is not set; TIDEMARK_PASSWORD_B is not set"):
            passwords(["a", "b"], {"TIDEMARK_PASSWORD_A": ""})


class TestSettings:
    def test_nothing_shows_the_administrators_password(self) -> None:
        settings = AdministratorSettings(
            home=Path("/"), database_host="db", administrator="admin", administrator_password="s3cret"
        )
        assert "s3cret" not in repr(settings)
        assert settings.url == "postgresql://admin:s3cret@db:5432/postgres"
        assert ContainerSettings(home=Path("/"), database_host="db", database_port=1).server == "postgresql://db:1"


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
        self, prepared: str, environment: dict[str, str], server: PostgresProcess
    ) -> None:
        changed = run("prepare", {**environment, "TIDEMARK_PASSWORD_ANALYST": "another one"})
        assert changed.returncode == 0
        with psycopg.connect(databases.url(server.superuser_url, "analyst", "another one", "warehouse")):
            pass

    def test_it_says_what_it_lacks(self, environment: dict[str, str]) -> None:
        lacking = {name: value for name, value in environment.items() if name != "TIDEMARK_PASSWORD_EXTRACTOR"}
        done = run("prepare", lacking)
        assert (done.returncode, done.stderr) == (1, "Error: TIDEMARK_PASSWORD_EXTRACTOR is not set\n")


@pytest.mark.slow
class TestDagster:
    def test_code_server_and_pages_as_one_task_has_them(
        self, prepared: str, environment: dict[str, str], tmp_path: Path
    ) -> None:
        """The web server answers by the name that the load balancer has, and has the jobs of the code server."""
        with (tmp_path / "log").open("w") as log:
            parts = [_start("code-server", environment, log)]
            try:
                _wait(lambda: (Path(environment["TIDEMARK_HOME"]) / "sockets" / "pipelines").is_socket(), tmp_path)
                alone = {name: value for name, value in environment.items() if "PASSWORD" not in name}
                alone["TIDEMARK_PASSWORD_DAGSTER"] = environment["TIDEMARK_PASSWORD_DAGSTER"]
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
                    (repository,) = answer.json()["data"]["repositoriesOrError"]["nodes"]
                    found.extend(repository["schedules"])
                    return True

                _wait(has_answered, tmp_path)
            finally:
                for part in parts:
                    part.terminate()
                for part in parts:
                    part.wait(30)
        assert {each["name"] for each in found} == {f"close_{period}_schedule" for period in PERIODS}
        assert {each["scheduleState"]["status"] for each in found} == {"STOPPED"}


def _start(part: str, environment: Mapping[str, str], log: IO[str], *options: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "infra.containers", part, *options]
    return subprocess.Popen(command, cwd=REPOSITORY, env=dict(environment), stdout=log, stderr=log)


def _wait(is_there: Callable[[], bool], tmp_path: Path) -> None:
    end = time.monotonic() + LIMIT_S
    while not is_there():
        assert time.monotonic() < end, (tmp_path / "log").read_text()[-3000:]
        time.sleep(0.5)
