"""What a person sees when the bank is up: where everything is, and what to do first."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.local.bank import Bank
from infra.local.services import SERVICES
from infra.local.settings import CHECKOUT
from infra.local.supervised import Element, Part


def welcome(bank: Bank, elements: Sequence[Element], console: Console) -> None:
    """Print the table of addresses and the first commands, each on a line that can be copied."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    parts = {element.name for element in elements if isinstance(element, Part)}
    if "app" in parts:
        table.add_row("app", bank.app_url)
    table.add_row("API", bank.gateway_url)
    for service in SERVICES.values():
        table.add_row("", f"{bank.gateway_url}{service.docs_path}")
    if "dagster" in parts:
        table.add_row("Dagster", bank.dagster_url)
        table.add_row("dbt documentation", bank.docs_url)
    table.add_row("logs", str(bank.state.log_file("up").parent))
    console.print(table)
    command = _own_command(bank)
    for purpose, arguments in (
        ("Make the first member of staff", "staff add --email you@example.com --name You"),
        ("See what runs", "status"),
        ("Move a small town in", "demo"),
    ):
        console.print(f"  {purpose}:  {command} {arguments}", highlight=False, markup=False, soft_wrap=True)
    console.print("  Ctrl-C ends the bank.", highlight=False)


def _own_command(bank: Bank) -> str:
    """How a person in this folder calls us: by name where that finds us, else by path; for this state folder."""
    own = Path(sys.executable).parent / "tidemark"
    found = shutil.which("tidemark")
    if found and Path(found).resolve() == own.resolve():
        called = "tidemark"
    else:
        called = os.path.relpath(own) if own.is_relative_to(Path.cwd()) else str(own)
    if bank.state.home == CHECKOUT / ".tidemark":
        return called
    return f"TIDEMARK_HOME={shlex.quote(str(bank.state.home))} {called}"
