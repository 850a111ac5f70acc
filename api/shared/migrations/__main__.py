"""`python -m api.shared.migrations`: brings a schema up to date, or begins a further version of it.

Services call `upgrade` themselves. For the pipeline, which shares no code with them, whoever starts it runs this.
"""

from dataclasses import dataclass, field
from pathlib import Path

import click

from api.shared.migrations.upgrade import upgrade
from api.shared.migrations.version import add_version
from api.shared.settings import MigrationUrl, Settings, SettingsError

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@dataclass(frozen=True, kw_only=True)
class MigrationSettings(Settings):
    """As whom to change the schema: its owner."""

    migration_url: MigrationUrl = field(repr=False)


@click.group()
def main() -> None:
    """The schemas of the bank's database."""


@main.command("upgrade")
@click.argument("schema")
@click.argument("folder", type=FOLDER)
def upgrade_command(schema: str, folder: Path) -> None:
    """Bring SCHEMA up to date by what lies in FOLDER."""
    try:
        settings = MigrationSettings.read()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    upgrade(schema, folder, settings.migration_url)


@main.command("new")
@click.argument("folder", type=FOLDER)
@click.argument("title")
def new_command(folder: Path, title: str) -> None:
    """Begin the next version in FOLDER, such as api/accounts; TITLE says what it changes."""
    click.echo(add_version(folder, title))


if __name__ == "__main__":
    main()
