"""The `tidemark` command. Each command does its work elsewhere; here is what people see."""

import json
import os
import sys
from typing import Any

import click
from rich.console import Console

from api.shared.settings import SettingsError
from infra.admin_commands import import_history, keys, ledger, running_bank, staff, users
from infra.analyst.commands import analyst
from infra.aws.deploy.administration import cloud
from infra.aws.deploy.command import deploy
from infra.local.errors import LocalError
from infra.local.fleet.commands import scale
from infra.package.command import package
from infra.warehouse_commands import warehouse

HELP = {"help_option_names": ["-h", "--help"]}


class TidemarkGroup(click.Group):
    """Shows what a person can mend as one paragraph on standard error, without a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(context)
        except (LocalError, SettingsError) as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=TidemarkGroup, context_settings=HELP)
@click.version_option(package_name="tidemark", prog_name="tidemark")
def main() -> None:
    """Tidemark: a bank whose statistics always reconcile.

    State lies in the folder that TIDEMARK_HOME names, by default .tidemark of the checkout; all commands but `up`
    speak to the bank that runs there.
    """


@main.command()
@click.option("--no-ui", is_flag=True, help="Leave the app out.")
@click.option("--no-pipeline", is_flag=True, help="Leave Dagster out: statistics stand still.")
@click.option(
    "--cloud",
    is_flag=True,
    help="Run the services as on AWS: Lambda archives behind an emulated API Gateway, fetched at the first time.",
)
@click.option(
    "--port-base",
    type=click.IntRange(1024, 65_000),
    metavar="N",
    help="Move every port: the API to N, the app to N+1, Dagster to N+2, the others up to N+39.",
)
@click.option("--autoscale", is_flag=True, help="More or fewer instances of each service, as demand asks.")
def up(no_ui: bool, no_pipeline: bool, cloud: bool, port_base: int | None, autoscale: bool) -> None:
    """Run the whole bank on this machine until Ctrl-C.

    Starts Postgres, the emulated AWS, the three services behind the gateway, Dagster and the app, waits until each
    is healthy and shows their addresses. A second start finds everything as it was.

    Settings are variables of the environment: `tidemark settings` lists them.
    """
    from infra.local.ports import Ports
    from infra.local.up import up as run_up

    ports = {} if port_base is None else Ports.from_base(port_base).to_environment()
    form = {"TIDEMARK_CLOUD": "true"} if cloud else {}
    run_up(
        {**os.environ, **ports, **form},
        has_app=not no_ui,
        has_pipeline=not no_pipeline,
        is_automatic=autoscale,
        console=Console(),
    )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Tell what runs: state, address, uptime, memory and log of each part.

    Exit code 0 when everything answers, 1 when something does not, or is so slow that one can't say.
    """
    from infra.local.settings import LocalSettings
    from infra.local.status import read_status

    home = LocalSettings.read().home
    found = read_status(home)
    if found is None:
        raise LocalError(f"There is no bank in {home} yet. `tidemark up` makes one.")
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2))
    else:
        # Into a file or a pipe, a row stays one line.
        console = Console() if sys.stdout.isatty() else Console(width=120)
        console.print(found.table())
        if not found.is_up:
            click.echo("The bank is not running. Start it with `tidemark up`.", err=True)
        elif found.is_disk_full:
            click.echo(
                "The disk is full. What has ended for it starts again by itself when there is space.", err=True
            )
    sys.exit(0 if found.is_healthy else 1)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def settings(as_json: bool) -> None:
    """List all settings: variables of the environment, with default, owner and meaning."""
    from infra.local.given import catalogue, settings_table

    known = catalogue()
    if as_json:
        entries = [{"owner": owner, **each._asdict()} for owner, listed in known.items() for each in listed]
        click.echo(json.dumps(entries, indent=2))
    else:
        # Into a file or a pipe, a row stays one line.
        console = Console() if sys.stdout.isatty() else Console(width=250)
        console.print(settings_table(known))


@main.group()
def stats() -> None:
    """Statistics."""


@stats.command("run")
def run_stats() -> None:
    """Refresh the statistics now, and wait.

    Exit code 0 only when the proofs held and the new statistics are published.
    """
    from infra.local.stats_run import run_statistics

    bank = running_bank()
    if not run_statistics(bank.dagster_url, click.echo, bank.operator_headers):
        raise click.ClickException("Not published. Readers keep the last good statistics.")
    click.echo("Published.")


for command in (staff, users, import_history, keys, ledger, warehouse, analyst, package, scale, deploy, cloud):
    main.add_command(command)


@main.command()
def demo() -> None:
    """Fill the running bank with a small town: 200 customers, 90 days of money, people to review.

    The same for the same day. Prints who to sign in as; a second time it only prints that.
    """
    from infra.demo.load import load

    bank = running_bank()
    signs = load(bank)
    click.echo(f"The town is there. The app: {bank.app_url}")
    click.echo(f"  customer  {signs.customer_email}  {signs.customer_password}")
    click.echo(f"  staff     {signs.staff_email}  {signs.staff_password}")
