"""`python -m api.accounts.admin`: what the owner of the ledger's schema does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import psycopg

from api.accounts.history.errors import HistoryRefused
from api.accounts.history.importer import import_history
from api.accounts.history.progress import Bar, JsonLines, Reporter
from api.accounts.settings import AdminSettings
from api.accounts.verify.errors import CannotCheck, LedgerFault
from api.accounts.verify.ledger import Verified, verify_ledger
from api.shared.commands import Commands
from api.shared.migrations.upgrade import upgrade

SCHEMA = "accounts"
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
PROGRESS: dict[str, type[Reporter]] = {"bar": Bar, "json": JsonLines}


@click.group(cls=Commands)
@click.pass_context
def main(context: click.Context) -> None:
    """Accounts: migrate the schema, import history, verify the ledger."""
    context.obj = AdminSettings.read()


@main.command()
@click.pass_obj
def migrate(settings: AdminSettings) -> None:
    """Bring schema `accounts` to its newest version."""
    upgrade(SCHEMA, Path(__file__).parent, settings.migration_url)


@main.command("import")
@click.argument("accounts", type=READABLE)
@click.argument("transactions", type=READABLE, nargs=-1, required=True)
@click.option("--owner-id", type=UUID, help="The user who gets the accounts without an owner of their own.")
@click.option(
    "--map",
    "map_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write account,account_id,number of the imported accounts here.",
)
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Check all, say what would happen, keep nothing.")
@click.option("--progress", type=click.Choice(list(PROGRESS)), default="bar", help="For people or for programs.")
@click.pass_obj
def import_(
    settings: AdminSettings,
    accounts: Path,
    transactions: tuple[Path, ...],
    owner_id: UUID | None,
    map_path: Path | None,
    is_dry_run: bool,
    progress: str,
) -> None:
    """Bring a bank's history in from CSV files, plain or gzip: all of it or nothing."""
    try:
        with PROGRESS[progress]() as reporter:
            summary = import_history(
                settings.migration_url,
                accounts,
                transactions,
                owner_id=owner_id,
                map_path=map_path,
                is_dry_run=is_dry_run,
                reporter=reporter,
            )
    except HistoryRefused as refused:
        raise click.ClickException(f"{refused}. Nothing was imported.") from refused
    except psycopg.Error as error:
        # Not the whole text, which may quote rows.
        reason = error.diag.message_primary or "the database cannot be reached"
        raise click.ClickException(f"Nothing was imported: {reason}.") from error
    click.echo(summary.text(is_dry_run=is_dry_run), err=progress == "json")


@main.command()
@click.pass_obj
def verify(settings: AdminSettings) -> None:
    """Recompute the whole ledger and compare it with the warehouse's copy; up to 1,000 wrong rows are named.

    Exit code 0 when all is right, 1 when something is wrong, 2 when it could not be checked. The copy is where
    TIDEMARK_WAREHOUSE_URL says; without it, nothing is compared.
    """
    try:
        found = verify_ledger(settings.migration_url, settings.warehouse_url, _step)
    except LedgerFault as fault:
        raise click.ClickException(
            "\n".join([f"The ledger is wrong. {fault}", *_remedy(settings, fault)])
        ) from fault
    except CannotCheck as reason:
        raise NotChecked(str(reason)) from reason
    except psycopg.Error as error:
        raise NotChecked(error.diag.message_primary or "a database cannot be reached.") from error
    except KeyboardInterrupt:
        raise NotChecked("interrupted.") from None
    click.echo(
        f"The ledger is right: {found.accounts:,} accounts, {found.transfers:,} transfers,"
        f" {found.transactions:,} transactions."
    )
    click.echo(_comparison(settings, found))


def _remedy(settings: AdminSettings, found: LedgerFault) -> list[str]:
    """The days of the entries that are wrong, and what mends the copy where that differs."""
    lines = []
    for is_of_copy, words in (
        (False, "Wrong entries are of {} to {}."),
        (True, "Where the ledger is right, this mends its copy: tidemark warehouse mend --from {} --to {}"),
    ):
        moments = [fault.at for fault in found.faults if fault.at and fault.is_of_copy == is_of_copy]
        if moments:
            zone = ZoneInfo(settings.time_zone)
            lines.append(words.format(*(each.astimezone(zone).date() for each in (min(moments), max(moments)))))
    return lines


class NotChecked(click.ClickException):
    """Neither right nor wrong."""

    exit_code = 2

    def __init__(self, reason: str) -> None:
        super().__init__(f"The ledger could not be checked: {reason}")


@contextmanager
def _step(what: str) -> Iterator[None]:
    started = time.perf_counter()
    click.echo(f"{what} … ", err=True, nl=False)
    try:
        yield
    finally:
        click.echo(f"{time.perf_counter() - started:.1f} s", err=True)


def _comparison(settings: AdminSettings, found: Verified) -> str:
    if found.copy:
        moment = f"{found.copy.complete_through:%Y-%m-%d %H:%M:%S} UTC"
        return f"It equals the warehouse's copy, which is complete through {moment} (batch {found.copy.batch_id})."
    if settings.warehouse_url:
        return "The warehouse has no copy yet to compare it with."
    return "It was not compared with the warehouse's copy: TIDEMARK_WAREHOUSE_URL is not set."


if __name__ == "__main__":
    main()
