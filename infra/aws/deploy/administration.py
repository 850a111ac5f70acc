"""`tidemark cloud`: what an administrator does to a bank on AWS, from outside of its network."""

import sys
from typing import Any

import click

from api.shared.roles import ROLES
from infra.local.errors import LocalError

ENVIRONMENT = click.option(
    "--environment", required=True, metavar="E", help="Which bank: infra/aws/environments/E.tfvars."
)


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
    """A bank on AWS: its staff, its ledger, its warehouse, its keys and passwords."""


@cloud.command("staff-add")
@ENVIRONMENT
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(list(ROLES)), default=next(iter(ROLES)), show_default=True)
def staff_add(environment: str, email: str, name: str, role: str) -> None:
    """Make somebody one of the bank's people, with the rights of a role.

    A new member's password is made up by the users service and printed here, this once; it is in no log.
    """
    reached = _Bank(environment)
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
    _Bank(environment).run("verify")


@cloud.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@ENVIRONMENT
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def warehouse(environment: str, arguments: tuple[str, ...]) -> None:
    """The same as `tidemark warehouse ARGUMENTS` does on one machine."""
    _Bank(environment).run("pipeline", *arguments)


@cloud.command("keys-rotate")
@ENVIRONMENT
def keys_rotate(environment: str) -> None:
    """Exchange the signing key and the index key while requests run, and wrap the users' data keys anew.

    The new signing key is published for three hours before it signs, as long as anybody keeps the old ones.
    """
    _Bank(environment).run(task="keys")


@cloud.command("passwords-rotate")
@ENVIRONMENT
@click.argument("roles", nargs=-1, metavar="[ROLE]...")
def passwords_rotate(environment: str, roles: tuple[str, ...]) -> None:
    """Change the passwords of the database's roles now, of all or of these, while requests run.

    Exit code 0 when all were changed.
    """
    reached = _Bank(environment)
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


class _Bank:
    """An environment, as Terraform knows it."""

    def __init__(self, environment: str) -> None:
        # What they import takes longer than most commands.
        from infra.aws.deploy.cloud import Cloud, make_clients
        from infra.aws.deploy.command import CONFIGURATION, region_of
        from infra.aws.deploy.terraform import Terraform

        terraform = Terraform(CONFIGURATION, environment)
        self.cloud = Cloud(make_clients(region_of(environment)))
        click.echo(f"AWS: {self.cloud.caller()}", err=True)
        terraform.start()
        self.outputs: dict[str, Any] = terraform.outputs_of_whole_bank()

    def run(self, *command: str, task: str = "prepare") -> None:
        """Run a one-off task, with the command if there is one, and end with its exit code."""
        outputs = self.outputs
        sys.exit(self.cloud.run(outputs["ecs_cluster"], outputs["tasks"][task], command, _tell))


def _tell(line: str) -> None:
    click.echo(line, err=line.startswith("  "))
