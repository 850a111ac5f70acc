"""`tidemark deploy`: what people see of it."""

import re
import signal
from pathlib import Path

import click

from infra.local.errors import LocalError
from infra.local.settings import CHECKOUT

CONFIGURATION = CHECKOUT / "infra" / "aws"
# Where Terraform looks for them by itself.
ARCHIVES = CHECKOUT / "dist" / "arm64"


@click.command()
@click.option("--environment", required=True, metavar="E", help="Which bank: infra/aws/environments/E.tfvars.")
@click.option("--image-tag", metavar="TAG", help="Which images; by default that of the environment's file.")
@click.option(
    "--replace",
    "replaced",
    multiple=True,
    metavar="ADDRESS",
    help="A resource that is made anew, as for Terraform.",
)
@click.option("--plan-only", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--rollback", is_flag=True, help="Move the services back to the version before the present one.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def deploy(
    environment: str, image_tag: str | None, replaced: tuple[str, ...], plan_only: bool, rollback: bool, yes: bool
) -> None:
    """Bring a bank on AWS to the state of this checkout.

    Shows Terraform's plan; once it is confirmed runs the migrations, applies the plan, and moves the services to
    their new versions, each of which must say that it is healthy. When one does not, all of them stay on the old
    version. Archives and images must be there: `make package`, infra/aws/README.md.

    Exit code 0 only when everything was done.
    """
    # What they import takes longer than most commands.
    from botocore.exceptions import BotoCoreError, ClientError

    from infra.aws.deploy.cloud import Cloud, make_clients
    from infra.aws.deploy.deployment import Deployment
    from infra.aws.deploy.terraform import Terraform

    if rollback and (plan_only or image_tag or replaced):
        raise click.UsageError("--rollback moves the services alone: there is nothing to plan.")
    region = region_of(environment)
    # Whoever ends it, as CI does, lets it take back what it has begun.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    deployment = Deployment(
        terraform=Terraform(CONFIGURATION, environment, image_tag, replaced),
        cloud=Cloud(make_clients(region)),
        archives=ARCHIVES,
        checkout=CHECKOUT,
        tell=click.echo,
        confirm=click.echo if yes else _confirm,
    )
    try:
        if rollback:
            deployment.roll_back()
        else:
            deployment.upgrade(is_plan_only=plan_only)
    except (BotoCoreError, ClientError) as error:
        # Those of a step have become part of what the step says.
        raise LocalError(f"AWS refuses: {error}. Nothing was changed.") from error


def _confirm(question: str) -> None:
    click.confirm(question, abort=True)


def region_of(environment: str, folder: Path = CONFIGURATION / "environments") -> str:
    """The region of an environment, from its file. Raises UsageError, LocalError."""
    known = sorted(path.stem for path in folder.glob("*.tfvars"))
    if environment not in known:
        raise click.UsageError(f"There is no environment {environment}. There are: {', '.join(known)}.")
    found = re.search(r'^region\s*=\s*"([^"]+)"', (folder / f"{environment}.tfvars").read_text(), re.MULTILINE)
    if found is None:
        raise LocalError(f"environments/{environment}.tfvars does not say which region.")
    return found.group(1)
