"""The pipeline's own state, by hand or by `tidemark up`: `python -m pipelines.admin --help`."""

import json
from typing import Any

import click
import psycopg

from api.shared.settings import SettingsError
from pipelines import database
from pipelines.errors import StepError
from pipelines.extract.service import reload as read_anew
from pipelines.history.full import prove_everything
from pipelines.proofs.damage import days_of, in_words, known
from pipelines.settings import Databases, PipelineSettings

# Damaged rows that a person is shown; as many as are kept.
SHOWN = 1000
LOCK_WAIT_S = 600.0


class _Commands(click.Group):
    """Says in one line what is wrong, instead of showing a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (SettingsError, StepError, database.Busy, psycopg.Error) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands)
def main() -> None:
    """The pipeline's own commands."""


@main.command()
def prepare() -> None:
    """Make the pipeline's schemas in the warehouse, where they are missing."""
    databases = Databases.read()
    with database.connect(databases.warehouse_url) as warehouse, warehouse.transaction():
        database.lock(warehouse, database.EXTRACT_LOCK, LOCK_WAIT_S)
        database.prepare(warehouse)


@main.command()
@click.option(
    "--may-restate",
    is_flag=True,
    help="Let the next publication change final figures: movements of closed periods are lost for good.",
)
def reload(may_restate: bool) -> None:
    """Read the whole ledger anew, between two runs, after the source was restored or replaced."""
    databases = Databases.read()
    with database.connect(databases.warehouse_url) as warehouse:
        database.lock(warehouse, database.RUN_LOCK, LOCK_WAIT_S)
        batch = read_anew(databases.source_url, databases.warehouse_url, may_restate=may_restate)
    click.echo(
        f"Read {batch.transaction_rows} transactions and {batch.account_rows} accounts anew as batch "
        f"{batch.batch_id}. The next run builds every model in full and publishes."
    )


@main.command()
def prove() -> None:
    """Prove all of history. Exit code 0 when all of it holds, 1 when damage was found, which is then known."""
    databases, settings = Databases.read(), PipelineSettings.read()
    found = prove_everything(databases, settings, lambda part: click.echo(f"proving {part}"))
    if found:
        raise click.ClickException("\n".join(["Damaged:", *in_words(found, SHOWN)]))
    click.echo("All of history holds: the copy, the statistics, and what readers have.")


@main.command()
def damage() -> None:
    """What is known to be damaged, as JSON: the rows, and from which day to which they are to be made anew."""
    with database.connect(Databases.read().publish_url) as bank:
        found = known(bank)
    first, last = days_of(found) or (None, None)
    text = {"rows": [str(each) for each in found], "from": first and str(first), "to": last and str(last)}
    click.echo(json.dumps(text))


if __name__ == "__main__":
    main()
