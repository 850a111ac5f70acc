"""`python -m api.events.admin`: what the service does for itself, by the owner of its schema."""

from pathlib import Path

import click

from api.events.settings import AdminSettings
from api.shared.commands import Commands
from api.shared.migrations.upgrade import upgrade


@click.group(cls=Commands)
def main() -> None:
    """The events service's own commands."""


@main.command()
def migrate() -> None:
    """Bring schema `events` to its newest version."""
    upgrade("events", Path(__file__).parent, AdminSettings.read().migration_url)


if __name__ == "__main__":
    main()
