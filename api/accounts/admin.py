"""`python -m api.accounts.admin`: what the owner of the ledger's schema does."""

from pathlib import Path

import click

from api.accounts.settings import AdminSettings
from api.shared.migrations import upgrade
from api.shared.settings import SettingsError

SCHEMA = "accounts"
MIGRATIONS = Path(__file__).parent / "migrations"


@click.group()
@click.pass_context
def main(context: click.Context) -> None:
    """Accounts: migrate the schema, import history, verify the ledger."""
    try:
        context.obj = AdminSettings.from_env()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.pass_obj
def migrate(settings: AdminSettings) -> None:
    """Bring schema `accounts` to its newest version."""
    upgrade(SCHEMA, MIGRATIONS, settings.migration_url)


if __name__ == "__main__":
    main()
