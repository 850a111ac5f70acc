"""Dagster's web server behind the guard: `python -m infra.local.dagster_web --port N --workspace FILE`."""

from pathlib import Path

import click
import uvicorn
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._grpc import server_watcher
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.version import __version__

from infra.local.guard import Guard, GuardedApp, GuardSettings
from infra.local.ports import LOOPBACK

# Of Dagster's own storage; the values that its own command has.
STATEMENT_TIMEOUT_MS = 15_000
CONNECTION_LIFE_S = 3600
CONNECTIONS_MORE = 20
# How often it looks whether the code server was started anew: each look costs an idle bank.
CODE_SERVER_S = 5


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--workspace", type=click.Path(path_type=Path), required=True)
@click.option("--host", default=LOOPBACK, show_default=True, help="Where it listens.")
def main(port: int, workspace: Path, host: str) -> None:
    """Serve Dagster's pages until the process is ended; the instance is DAGSTER_HOME's."""
    server_watcher.WATCH_INTERVAL = CODE_SERVER_S
    settings = GuardSettings.read()
    guard = Guard(settings.operator_password, settings.operator_host)
    with (
        DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, WorkspaceFileTarget([str(workspace)]), version=__version__) as context,
    ):
        instance.optimize_for_webserver(STATEMENT_TIMEOUT_MS, CONNECTION_LIFE_S, CONNECTIONS_MORE)
        app = create_app_from_workspace_process_context(context)
        uvicorn.run(GuardedApp(app, guard), host=host, port=port, log_level="warning")


if __name__ == "__main__":
    main()
