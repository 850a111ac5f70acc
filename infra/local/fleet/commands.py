"""`tidemark scale`."""

import json
import sys

import click
from rich.console import Console

from infra.local.bank import Bank
from infra.local.errors import LocalError
from infra.local.fleet.door import AUTO, ask
from infra.local.fleet.view import fleet_view


def run_scale(bank: Bank, service: str | None, instances: str | None, *, as_json: bool) -> int:
    """Show the fleet, after pinning or unpinning a service if one is named; the exit code. Raises LocalError."""
    if bank.settings.cloud:
        raise LocalError("A bank of `tidemark up --cloud` has functions, which start as calls need them.")
    if service is not None and instances is None:
        raise LocalError(f"How many instances of {service}? A number, or `{AUTO}`.")
    number = _number(instances)
    told = ask(bank.state.fleet_socket, service, number)
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        # Into a file or a pipe, a row stays one line.
        console = Console() if sys.stdout.isatty() else Console(width=160)
        console.print(fleet_view(told))
    return 0 if number is None or told["services"][service]["instances"] == number else 1


def _number(instances: str | None) -> int | None:
    if instances is None or instances == AUTO:
        return None
    if not instances.isascii() or not instances.isdecimal():
        raise LocalError(f"{instances!r} is neither a number nor `{AUTO}`.")
    return int(instances)
