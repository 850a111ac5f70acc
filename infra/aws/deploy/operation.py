"""`tidemark cloud scale` and `tidemark cloud dead-letters`: what operators look at and mend on AWS."""

import json
import sys
from typing import Any

import click

from infra.aws.deploy.bank import ENVIRONMENT, Bank


@click.command()
@ENVIRONMENT
@click.argument("service", required=False)
@click.argument("instances", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def scale(environment: str, service: str | None, instances: str | None, as_json: bool) -> None:
    """Show or set how many warm instances each service has.

    \b
    tidemark cloud scale --environment E                   demand, decision, reason, the last changes, the cost
    tidemark cloud scale --environment E accounts 3        pins a number, until it is unpinned
    tidemark cloud scale --environment E accounts auto     leaves it to demand
    """
    from rich.console import Console

    from infra.aws.deploy.functions import Functions
    from infra.aws.prices import WARM
    from infra.local.fleet.view import services_and_changes

    if service is not None and instances is None:
        raise click.UsageError(f"How many instances of {service}? A number, or `auto`.")
    reached = Bank(environment)
    functions = Functions(reached.client)
    number = int(instances) if instances and instances.isascii() and instances.isdecimal() else instances
    event = {"service": service, "instances": number} if service else {}
    told = functions.call(reached.outputs["functions"]["scaler"], event)
    told["changes"] = functions.changes(reached.outputs["scaler_state"])
    for name, each in told["services"].items():
        gb = reached.outputs["services"][name]["memory_mb"] / 1024
        each["cost_usd"] = round(each["instance_hours"] * gb * WARM.usd, 2)
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    cost = sum(each["cost_usd"] for each in told["services"].values())
    title = f"Warm instances; {cost:.2f} USD since the first decision, by us-east-1's price"
    # Into a file or a pipe, a row stays one line.
    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(services_and_changes(title, told["services"], told["changes"]))


@click.command("dead-letters")
@ENVIRONMENT
@click.option("--replay", is_flag=True, help="Send again what does not come by itself; empty the queue.")
def dead_letters(environment: str, replay: bool) -> None:
    """Show what the functions failed at for good, or send it again once the cause is mended.

    A close that was not started is sent to the kickoff again, which closes the periods of its day; what is closed
    stays. All else comes again by itself: what services and scaler do by schedule, and the change of passwords.
    """
    from infra.aws.deploy.functions import Functions

    reached = Bank(environment)
    functions, queue = Functions(reached.client), reached.outputs["dead_letters"]
    letters = list(functions.dead_letters(queue))
    for letter in letters:
        click.echo(f"{letter.sent_at.isoformat(timespec='seconds')}  {json.dumps(letter.event)}  {letter.reason}")
        if not replay:
            continue
        if isinstance(letter.event, dict) and "scheduled_at" in letter.event:
            functions.replay(reached.outputs["functions"]["kickoff"], queue, letter)
            click.echo("  sent again")
        elif _comes_again(letter.event):
            functions.forget(queue, letter)
            click.echo("  it comes again by itself; taken out")
        else:
            click.echo("  left: nobody knows what it is for")
    click.echo(f"{len(letters) or 'no'} dead letters", err=True)


def _comes_again(event: Any) -> bool:
    """The scaler's minute, its alarms, what services do by schedule, a step of a password's change."""
    return isinstance(event, dict) and (not event or bool(event.keys() & {"alarmArn", "task", "Step"}))
