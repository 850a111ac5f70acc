"""`python -m infra.containers PART`: what a container on AWS does at its start.

The parts of the pipeline are the processes that `tidemark up` starts, with the same folder and socket between
them; only their environment is made of what ECS hands out. `prepare` makes roles, databases and tables, or brings
them up to date; it may run again at any time.
"""

import os
import subprocess
import sys
from collections.abc import Mapping

import click

from api.shared.settings import SettingsError
from infra.containers.settings import AdministratorSettings, ContainerSettings, passwords
from infra.local import databases
from infra.local.dagster_home import URL_VARIABLE, workspace_file, write_dagster_home
from infra.local.databases import ROLES, SCHEMAS, migration
from infra.local.errors import LocalError
from infra.local.settings import CHECKOUT

Environment = dict[str, str]
WEB_PORT = 3000
PIPELINE_ROLES = {
    "TIDEMARK_SOURCE_URL": "extractor",
    "TIDEMARK_PUBLISH_URL": "publisher",
    "TIDEMARK_WAREHOUSE_URL": "warehouse",
}


class _Commands(click.Group):
    """Says in one line what is wrong, instead of showing a traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (SettingsError, LocalError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands)
def main() -> None:
    """A part of the bank in a container."""


@main.command("code-server")
def code_server() -> None:
    """Make Dagster's home, and serve the pipeline's code until the container ends."""
    settings = ContainerSettings.read()
    socket = settings.home / "sockets" / "pipelines"
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    write_dagster_home(settings.home / "dagster", socket)
    environment = _pipeline(settings)
    _run("pipelines.manifest", environment=environment)
    _become(
        "pipelines.code_server",
        *("api", "grpc", "--module-name", "pipelines.definitions", "--socket", str(socket)),
        "--use-python-environment-entry-point",
        environment=environment,
    )


@main.command()
def daemon() -> None:
    """Dagster's daemon: sensors, queue, watch over runs."""
    settings = ContainerSettings.read()
    workspace = workspace_file(settings.home / "dagster")
    _become("pipelines.daemon", "run", "--workspace", str(workspace), environment=_dagster(settings))


@main.command()
@click.option("--port", default=WEB_PORT, show_default=True, help="Where it listens.")
def web(port: int) -> None:
    """Dagster's pages and its API."""
    settings = ContainerSettings.read()
    workspace = workspace_file(settings.home / "dagster")
    _become(
        "infra.local.dagster_web",
        # The network lets the load balancer in alone, and the guard judges each request.
        *("--host", "0.0.0.0", "--port", str(port), "--workspace", str(workspace)),  # noqa: S104
        environment=_dagster(settings),
    )


@main.command()
def prepare() -> None:
    """Bring roles, databases and every schema up to date."""
    settings = AdministratorSettings.read()
    known = passwords(ROLES)
    databases.prepare(settings.url, known)
    for schema in SCHEMAS:
        owner = f"{schema}_owner"
        url = databases.url(settings.server, owner, known[owner], databases.NAMES.of(owner))
        _run(*migration(schema), environment=_base() | {"TIDEMARK_MIGRATION_URL": url})
    _run("pipelines.admin", "prepare", environment=_pipeline(settings))
    click.echo("The database is ready.")


def _pipeline(settings: ContainerSettings) -> Environment:
    known = passwords(PIPELINE_ROLES.values())
    urls = {
        name: databases.url(settings.server, role, known[role], databases.NAMES.of(role))
        for name, role in PIPELINE_ROLES.items()
    }
    target = {"TIDEMARK_DBT_TARGET": str(settings.home / "dbt")}
    return _dagster(settings) | urls | target


def _dagster(settings: ContainerSettings) -> Environment:
    (password,) = passwords(["dagster"]).values()
    storage = databases.url(settings.server, "dagster", password, databases.NAMES.dagster)
    return _base() | {
        "DAGSTER_HOME": str(settings.home / "dagster"),
        URL_VARIABLE: storage.replace("postgresql://", "postgresql+psycopg2://", 1),
    }


def _base(environment: Mapping[str, str] = os.environ) -> Environment:
    """Ours, without the passwords."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("TIDEMARK_PASSWORD_", "TIDEMARK_ADMINISTRATOR"))
    }


def _run(*arguments: str, environment: Environment) -> None:
    """Run a module to its end. Raises LocalError when it fails; it has said why."""
    command = [sys.executable, "-m", *arguments]
    code = subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode
    if code != 0:
        raise LocalError(f"{' '.join(arguments)} failed (exit code {code}).")


def _become(*arguments: str, environment: Environment) -> None:
    """The module takes this process's place, so that it gets ECS's signals."""
    os.chdir(CHECKOUT)
    os.execve(sys.executable, [sys.executable, "-m", *arguments], environment)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
