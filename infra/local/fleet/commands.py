"""`tidemark scale`."""

import json
import sys
from typing import Any

import click
from rich.console import Console

from infra.local.errors import LocalError


@click.command()
@click.argument("service", required=False)
@click.argument("instances", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def scale(service: str | None, instances: str | None, as_json: bool) -> None:
    """Show or set how many instances each service has.

    \b
    tidemark scale                   demand, decision and reason of each service, and the last changes
    tidemark scale accounts 3        pins a number, until it is unpinned, also over a restart
    tidemark scale accounts auto     leaves it to demand (`tidemark up --autoscale`), or to the settings

    Returns when the instances are there, or have answered what they were asked and are gone. Exit code 1 when the
    number is not what was asked for.
    """
    number, told = _ask(service, instances)
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        from infra.local.fleet.view import fleet_view

        # Into a file or a pipe, a row stays one line.
        console = Console() if sys.stdout.isatty() else Console(width=160)
        console.print(fleet_view(told))
    sys.exit(0 if number is None or told["services"][service]["instances"] == number else 1)


def _ask(service: str | None, instances: str | None) -> tuple[int | None, dict[str, Any]]:
    """The number that is asked for, if one is, and what the bank tells then."""
    from infra.local.bank import Bank
    from infra.local.fleet.door import AUTO, ask
    from infra.local.settings import LocalSettings

    bank = Bank.running(LocalSettings.read().home)
    if service is not None and instances is None:
        raise LocalError(f"How many instances of {service}? A number, or `{AUTO}`.")
    if bank.settings.cloud:
        raise LocalError("A bank of `tidemark up --cloud` has functions, which start as calls need them.")
    if instances is None or instances == AUTO:
        return None, ask(bank.state.fleet_socket, service)
    if not instances.isascii() or not instances.isdecimal():
        raise LocalError(f"{instances!r} is neither a number nor `{AUTO}`.")
    return int(instances), ask(bank.state.fleet_socket, service, int(instances))
