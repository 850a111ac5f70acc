"""Commands of the users service: `python -m api.users.admin --help`.

Personal data goes in by standard input or arguments and out by standard output; nothing of it is logged.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec

from api.shared.commands import Commands
from api.shared.database import AsyncEngine
from api.shared.migrations.upgrade import upgrade
from api.shared.roles import ROLES
from api.users.bulk import add_users
from api.users.crypto.data_keys import create_tables
from api.users.recovery.schemas import ResetCode
from api.users.rotation import rotate_keys
from api.users.services import Services, make_services
from api.users.settings import AdminSettings, MigrationSettings
from api.users.staff import add_staff


@click.group(cls=Commands)
def main() -> None:
    """The users service's own commands."""


@main.command()
def migrate() -> None:
    """Bring schema `users` to its newest version and make the DynamoDB tables."""
    settings = MigrationSettings.read()
    create_tables([settings.identity_table, settings.data_key_table])
    upgrade("users", Path(__file__).parent, settings.migration_url)


@main.command()
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(list(ROLES)), default=next(iter(ROLES)), show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def staff_add(email: str, name: str, role: str, password_stdin: bool) -> None:
    """Add a member of staff, or give an existing user the role.

    Without --password-stdin a new member's password is made up and printed, this once. It is good for a day,
    within which they change it.
    """
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    made = asyncio.run(_add_staff(email, name, role, password))
    if made is not None:
        click.echo(made)


@main.command()
@click.option("--email", required=True)
def user_id(email: str) -> None:
    """Print the id of the user with this email."""
    click.echo(asyncio.run(_find(email)))


@main.command()
@click.option("--email", required=True)
def reset_code(email: str) -> None:
    """Print a code with which the user with this email sets a new password; ends all of their sessions."""
    code = asyncio.run(_reset_code(email))
    click.echo(code.code)


@main.command()
@click.option("--email", help="Whose.")
@click.option("--all", "is_everybody", is_flag=True, help="Everybody's.")
def sign_out(email: str | None, is_everybody: bool) -> None:
    """End all sessions and program tokens of a user, or of everybody."""
    if is_everybody == (email is not None):
        raise click.UsageError("give one of --email and --all")
    asyncio.run(_sign_out(email))


@main.command("add-users")
def add_users_command() -> None:
    """Add many users from JSON lines {name, email, phone, password, approved, roles} on standard input.

    Prints a JSON line {email, user_id} for each, also for those who were there before.
    """
    for added in asyncio.run(_add_users(sys.stdin.buffer.read())):
        click.echo(msgspec.json.encode(added).decode())


@main.group()
def keys() -> None:
    """The bank's keys."""


@keys.command()
@click.option(
    "--lead-minutes",
    type=click.IntRange(0),
    default=180,
    show_default=True,
    help="How long the new signing key is published before it signs (ten seconds at least).",
)
def rotate(lead_minutes: int) -> None:
    """Exchange the master key, the signing key and the index key while requests run."""
    for line in asyncio.run(_rotate(lead_minutes * 60)):
        click.echo(line)


async def _add_staff(email: str, name: str, role: str, password: str | None) -> str | None:
    async with _services() as services:
        return await add_staff(services, email, name, role, password)


async def _find(email: str) -> UUID:
    async with _services() as services:
        return await _known(services, email)


async def _reset_code(email: str) -> ResetCode:
    async with _services() as services:
        return await services.recovery.issue_code(None, await _known(services, email))


async def _sign_out(email: str | None) -> None:
    async with _services() as services:
        if email is None:
            await services.recovery.end_everybodys_sessions()
        else:
            await services.recovery.end_sessions(None, await _known(services, email))


async def _known(services: Services, email: str) -> UUID:
    found = await services.profile.find(email)
    if found is None:
        raise click.ClickException("there is no user with this email")
    return found


async def _add_users(lines: bytes) -> list[Any]:
    async with _services() as services:
        return await add_users(services.profile, lines)


async def _rotate(lead_s: int) -> list[str]:
    settings = AdminSettings.read()
    direct = AsyncEngine(replace(settings, database_url=settings.direct_database_url or settings.database_url))
    async with _services() as services:
        try:
            return await rotate_keys(services, lead_s, direct)
        finally:
            await direct.dispose()


@asynccontextmanager
async def _services() -> AsyncIterator[Services]:
    settings = AdminSettings.read()
    engine = AsyncEngine(settings)
    try:
        yield make_services(settings, engine)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    main()
