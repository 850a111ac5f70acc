"""`tidemark cloud`: what an administrator does to a bank on AWS, from outside of its network."""

import click

from api.shared.roles import ROLES
from infra.aws.deploy.bank import ENVIRONMENT, Bank
from infra.aws.deploy.operation import dead_letters, scale
from infra.local.errors import LocalError


class _Cloud(click.Group):
    """Says in one line what AWS refuses, instead of showing a traceback."""

    def invoke(self, context: click.Context) -> object:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return super().invoke(context)
        except (BotoCoreError, ClientError) as error:
            raise LocalError(f"AWS refuses: {error}") from error


@click.group(cls=_Cloud)
def cloud() -> None:
    """A bank on AWS: its staff, ledger, warehouse, keys, passwords, instances, and what failed."""


@cloud.command("staff-add")
@ENVIRONMENT
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(list(ROLES)), default=next(iter(ROLES)), show_default=True)
def staff_add(environment: str, email: str, name: str, role: str) -> None:
    """Make somebody one of the bank's people, with the rights of a role.

    A new member's password is made up by the users service and printed here, this once; it is in no log.
    """
    reached = Bank(environment)
    service = reached.outputs["services"]["users"]
    arguments = {"email": email, "name": name, "role": role, "password": None}
    made = reached.cloud.obey(service["function"], service["alias"], "add_staff", arguments)
    click.echo(f"{email} is {role} now and signs in at {reached.outputs['app_url']}.", err=True)
    if made:
        click.echo(made)


@cloud.command("ledger-verify")
@ENVIRONMENT
def ledger_verify(environment: str) -> None:
    """Recompute the whole ledger and compare it with the warehouse's copy.

    Exit code 0 when all is right, 1 when something is wrong, 2 when it could not be checked.
    """
    Bank(environment).run("verify")


@cloud.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@ENVIRONMENT
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def warehouse(environment: str, arguments: tuple[str, ...]) -> None:
    """`reload`, `prove` and `damage` as on one machine; damaged days are mended by Dagster's job `backfill`."""
    Bank(environment).run("pipeline", *arguments)


@cloud.command("keys-rotate")
@ENVIRONMENT
def keys_rotate(environment: str) -> None:
    """Exchange the signing key and the index key while requests run, and wrap the users' data keys anew.

    The new signing key is published for three hours before it signs, as long as anybody keeps the old ones.
    """
    Bank(environment).run(task="keys")


@cloud.command("passwords-rotate")
@ENVIRONMENT
@click.argument("roles", nargs=-1, metavar="[ROLE]...")
def passwords_rotate(environment: str, roles: tuple[str, ...]) -> None:
    """Change the passwords of the database's roles now, of all or of these, while requests run.

    Exit code 0 when all were changed.
    """
    reached = Bank(environment)
    secrets = reached.outputs["role_secrets"]
    if unknown := [role for role in roles if role not in secrets]:
        raise click.UsageError(f"There is no role {unknown[0]}. There are: {', '.join(sorted(secrets))}.")
    begun = {role: reached.cloud.rotate(secrets[role]) for role in roles or sorted(secrets)}
    failed = []
    for role, version in begun.items():
        if reached.cloud.wait_rotated(secrets[role], version):
            click.echo(f"{role}: changed")
        else:
            failed.append(role)
    if failed:
        raise LocalError(
            f"Not changed: {', '.join(failed)}. Their old passwords are good. Why is in the log of the function "
            f"that changes them: `aws logs tail /aws/lambda/{reached.outputs['functions']['rotation']}`."
        )


for command in (scale, dead_letters):
    cloud.add_command(command)
