"""A bank on AWS as commands reach it: what Terraform knows of it, and its account."""

import sys
from typing import Any

import click

ENVIRONMENT = click.option(
    "--environment", required=True, metavar="E", help="Which bank: infra/aws/environments/E.tfvars."
)


class Bank:
    """An environment, as Terraform knows it. Raises LocalError, UsageError."""

    def __init__(self, environment: str) -> None:
        # What they import takes longer than most commands.
        from infra.aws.deploy.cloud import Cloud, make_clients
        from infra.aws.deploy.command import CONFIGURATION, region_of
        from infra.aws.deploy.terraform import Terraform

        terraform = Terraform(CONFIGURATION, environment)
        self.client = make_clients(region_of(environment))
        self.cloud = Cloud(self.client)
        click.echo(f"AWS: {self.cloud.caller()}", err=True)
        terraform.start()
        self.outputs: dict[str, Any] = terraform.outputs_of_whole_bank()

    def run(self, *command: str, task: str = "prepare") -> None:
        """Run a one-off task, with the command if there is one, and end with its exit code."""
        outputs = self.outputs
        sys.exit(self.cloud.run(outputs["ecs_cluster"], outputs["tasks"][task], command, _tell))


def _tell(line: str) -> None:
    click.echo(line, err=line.startswith("  "))
