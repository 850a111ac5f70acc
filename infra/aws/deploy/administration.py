"""`tidemark cloud`: what an administrator does to a bank on AWS, from outside of its network."""

import sys
from typing import Any

import click

from api.shared.roles import ROLES

ENVIRONMENT = click.option(
    "--environment", required=True, metavar="E", help="Which bank: infra/aws/environments/E.tfvars."
)


@click.group()
def cloud() -> None:
    """A bank on AWS: its staff, its ledger, its warehouse."""


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

    def run(self, *command: str) -> None:
        """Run the command in the administrators' task, and end with its exit code."""
        outputs = self.outputs
        sys.exit(self.cloud.run(outputs["ecs_cluster"], outputs["prepare"], command, _tell))


def _tell(line: str) -> None:
    click.echo(line, err=line.startswith("  "))
