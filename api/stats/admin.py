"""`python -m api.stats.admin`: what the service does for itself, by the owner of its schema."""

from pathlib import Path

import click

from api.shared.commands import Commands
from api.shared.migrations.upgrade import upgrade
from api.stats.settings import AdminSettings


@click.group(cls=Commands)
def main() -> None:
    """The stats service's own commands."""


@main.command()
def migrate() -> None:
    """Bring schema `stats` to its newest version."""
    upgrade("stats", Path(__file__).parent, AdminSettings.read().migration_url)


if __name__ == "__main__":
    main()
