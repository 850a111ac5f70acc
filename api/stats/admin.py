"""`python -m api.stats.admin`: what the service does for itself, by the owner of its schema."""

from pathlib import Path

import click

from api.shared.migrations.upgrade import upgrade
from api.shared.settings import SettingsError
from api.stats.settings import AdminSettings


@click.group()
def main() -> None:
    """The stats service's own commands."""


@main.command()
def migrate() -> None:
    """Bring schema `stats` to its newest version."""
    try:
        settings = AdminSettings.read()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    upgrade("stats", Path(__file__).parent, settings.migration_url)


if __name__ == "__main__":
    main()
