"""`python -m infra.containers PART`: what a container on AWS does at its start.

The parts of the pipeline are the processes that `tidemark up` starts, with the same folder and socket between
them; only their environment is made of what ECS hands out. `passwords` keeps the database's at hand for them, and
`run` does one run of Dagster, a backfill. `prepare` makes roles, databases and tables, or brings them up to date;
it may run again at any time. `verify` and `pipeline` are an administrator's commands, in the same task;
`rotate-keys` is another one's.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields

import click

from api.shared.settings import AwsSettings, SettingsError
from infra.containers.passwords import Passwords
from infra.containers.settings import AdministratorSettings, BackfillSettings, ContainerSettings
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
# What follows the first word is another program's.
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}
OWN_ROLES = (*PIPELINE_ROLES.values(), "dagster")
USERS = "users_app"


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
    write_dagster_home(settings.home / "dagster", socket, _backfills())
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
def passwords() -> None:
    """Keep the passwords of the pipeline's roles where connections look them up."""
    # A container's first process is ended by no signal that it does not look at.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Passwords(ContainerSettings.read()).keep(OWN_ROLES, click.echo)


@main.command(context_settings=PASS_ON)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...]) -> None:
    """Do one run of Dagster, by the command that its launcher gives."""
    settings = ContainerSettings.read()
    (settings.home / "dagster").mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = _pipeline(settings)
    _run("pipelines.manifest", environment=environment)
    os.chdir(CHECKOUT)
    os.execve(command[0], command, environment)  # noqa: S606 - no shell is wanted


@main.command()
def prepare() -> None:
    """Bring roles, databases and every schema up to date."""
    settings = AdministratorSettings.read()
    known = _sign_in(settings)
    while True:
        databases.prepare(settings.url, known)
        # One that was changed in between was just set back: the newer one counts.
        if known == (known := Passwords(settings).read(ROLES)):
            break
    Passwords(settings).write(ROLES)
    for schema in SCHEMAS:
        _run(
            *migration(schema), environment=_base(settings) | {"TIDEMARK_MIGRATION_URL": _owner(settings, schema)}
        )
    _run("pipelines.admin", "prepare", environment=_pipeline(settings))
    click.echo("The database is ready.")


@main.command()
def verify() -> None:
    """Recompute the whole ledger, and compare it with the warehouse's copy."""
    settings = ContainerSettings.read()
    Passwords(settings).write(ROLES)
    urls = {"TIDEMARK_MIGRATION_URL": _owner(settings, "accounts")}
    _become("api.accounts.admin", "verify", environment=_pipeline(settings) | urls)


@main.command("rotate-keys")
def rotate_keys() -> None:
    """Exchange the bank's keys while requests run, with the rights of the users service."""
    settings = ContainerSettings.read()
    Passwords(settings).write([])  # the certificate; the password may change meanwhile, and is asked for by itself
    database = {
        "TIDEMARK_DATABASE_URL": databases.url(settings.server, USERS, "", databases.NAMES.of(USERS)),
        "TIDEMARK_DATABASE_SECRET_ID": f"{settings.role_secrets}{USERS}",
    }
    _become("api.users.admin", "keys", "rotate", environment=_base(settings) | database)


@main.command(context_settings=PASS_ON)
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def pipeline(arguments: tuple[str, ...]) -> None:
    """`python -m pipelines.admin ARGUMENTS`."""
    settings = ContainerSettings.read()
    Passwords(settings).write(ROLES)
    _become("pipelines.admin", *arguments, environment=_pipeline(settings))


def _sign_in(settings: ContainerSettings) -> dict[str, str]:
    """Let this process connect as the others do; the passwords of all roles, made up where there were none."""
    known = Passwords(settings).ensure(ROLES)
    Passwords(settings).write(ROLES)
    os.environ.update(settings.connecting)
    return known


def _backfills() -> dict[str, str] | None:
    """What Dagster's launcher is told of ECS; nothing where it starts no backfills there."""
    if not any(os.environ.get(name) for name in BackfillSettings.names()):
        return None
    told = BackfillSettings.read()
    return {each.name.removeprefix("backfill_"): getattr(told, each.name) for each in fields(told)}


def _pipeline(settings: ContainerSettings) -> Environment:
    urls = {
        name: databases.url(settings.server, role, "", databases.NAMES.of(role))
        for name, role in PIPELINE_ROLES.items()
    }
    target = {"TIDEMARK_DBT_TARGET": str(settings.home / "dbt")}
    return _dagster(settings) | urls | target


def _dagster(settings: ContainerSettings) -> Environment:
    storage = databases.url(settings.server, "dagster", "", databases.NAMES.dagster)
    return _base(settings) | {
        "DAGSTER_HOME": str(settings.home / "dagster"),
        URL_VARIABLE: storage.replace("postgresql://", "postgresql+psycopg2://", 1),
    }


def _owner(settings: ContainerSettings, schema: str) -> str:
    role = f"{schema}_owner"
    return databases.url(settings.server, role, "", databases.NAMES.of(role))


def _base(settings: ContainerSettings, environment: Mapping[str, str] = os.environ) -> Environment:
    """Ours, with the way to connect, and without the administrator."""
    kept = {name: value for name, value in environment.items() if not name.startswith("TIDEMARK_ADMINISTRATOR")}
    # What Dagster's library for ECS reads.
    region = {"AWS_DEFAULT_REGION": AwsSettings.read(environment).region or ""}
    return kept | region | settings.connecting


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
