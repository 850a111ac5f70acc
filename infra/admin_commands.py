"""Commands of `tidemark` that a service does itself, in the environment of the running bank."""

import sys
from pathlib import Path
from typing import Any

import click

from api.shared.roles import ROLES
from infra.local.errors import LocalError

READABLE = click.Path(exists=True, dir_okay=False, path_type=Path, resolve_path=True)


def running_bank() -> Any:
    """The bank of this state folder. Raises LocalError when none runs."""
    from infra.local.bank import Bank
    from infra.local.settings import LocalSettings

    return Bank.running(LocalSettings.read().home)


@click.group()
def staff() -> None:
    """People who work at the bank."""


@staff.command("add")
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(list(ROLES)), default=next(iter(ROLES)), show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add_staff(email: str, name: str, role: str, password_stdin: bool) -> None:
    """Make somebody one of the bank's people, with the rights of a role.

    Without --password-stdin a password is made up and printed, this once. It is good for a day, within
    which they change it.
    """
    from infra.local.admin import run_admin

    options = ["--email", email, "--name", name, "--role", role]
    options += ["--password-stdin"] if password_stdin else []
    bank = running_bank()
    code = run_admin(bank, "users", "staff-add", *options)
    if code == 0:
        click.echo(f"{email} is {role} now and signs in at {bank.app_url}.", err=True)
    sys.exit(code)


@click.group()
def users() -> None:
    """Help for who can't get in, or fears that somebody else does."""


@users.command("reset-code")
@click.option("--email", required=True, help="Whose password is to be set anew.")
def reset_code(email: str) -> None:
    """Print a code with which a user sets a new password.

    It is good once, for an hour, and in place of any earlier one. All of their sessions and program tokens
    end now.
    """
    from infra.local.admin import run_admin

    sys.exit(run_admin(running_bank(), "users", "reset-code", "--email", email))


@users.command("sign-out")
@click.option("--email", help="Whose sessions.")
@click.option("--all", "is_everybody", is_flag=True, help="Everybody's.")
def sign_out(email: str | None, is_everybody: bool) -> None:
    """End all sessions and program tokens of a user, or of everybody."""
    from infra.local.admin import run_admin

    if is_everybody == (email is not None):
        raise click.UsageError("give one of --email and --all")
    options = ["--all"] if email is None else ["--email", email]
    sys.exit(run_admin(running_bank(), "users", "sign-out", *options))


@click.command("import")
@click.argument("accounts", type=READABLE)
@click.argument("transactions", type=READABLE, nargs=-1, required=True)
@click.option(
    "--map",
    "map_file",
    type=click.Path(dir_okay=False, path_type=Path, resolve_path=True),
    help="Write which account each imported one became (CSV).",
)
@click.option(
    "--owner", metavar="EMAIL", help="Whose accounts they become; without, only the bank's people see them."
)
@click.option("--dry-run", is_flag=True, help="Check all, say what would happen, keep nothing.")
def import_history(
    accounts: Path, transactions: tuple[Path, ...], map_file: Path | None, owner: str | None, dry_run: bool
) -> None:
    """Bring a bank's history in from CSV files (plain or gzip).

    \b
    ACCOUNTS       account, type, currency, overdraft_limit, opened_at
    TRANSACTIONS   time, account, amount, counterparty, memo, reference; one file or several

    Amounts are in minor units. Each movement keeps its time; equal times keep the order of the file. The first 20
    rows that are wrong are named with their lines, and then nothing is kept. What is there already adds nothing;
    later files may add what is later.
    """
    from infra.local.admin import run_admin, user_id

    bank = running_bank()
    options = ["--map", str(map_file)] if map_file else []
    if owner:
        options += ["--owner-id", user_id(bank, owner)]
    if dry_run:
        options.append("--dry-run")
    sys.exit(run_admin(bank, "accounts", "import", str(accounts), *map(str, transactions), *options))


@click.group()
def keys() -> None:
    """The bank's keys."""


@keys.command("rotate")
def rotate_keys() -> None:
    """Exchange the master key and the signing key while requests run."""
    from infra.local.admin import run_admin

    sys.exit(run_admin(running_bank(), "users", "keys", "rotate"))


@click.group()
def ledger() -> None:
    """The double-entry ledger."""


@ledger.command("verify")
def verify_ledger() -> None:
    """Recompute the whole ledger, and compare it with the warehouse's copy.

    Every entry, head, transfer and total is computed anew while the bank runs; whoever rewrote the past so that it
    still adds up is found out by the copy. Wrong rows are named, up to 1,000, with their days.

    Exit code 0 when all is right, 1 when something is wrong, 2 when it could not be checked.
    """
    from infra.local import admin

    try:
        bank = running_bank()
    except LocalError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    sys.exit(admin.verify_ledger(bank))
