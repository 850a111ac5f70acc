"""`make fuzz`: the campaign as a person runs it."""

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.cluster import REPOSITORY
from tests.fuzz.contract import Contract
from tests.fuzz.run import Outcome, Plan, fuzz
from tests.running_bank import running_bank


@click.command(context_settings={"show_default": True})
@click.option("--requests", type=click.IntRange(0), default=100_000, help="How many the fuzzer sends.")
@click.option("--examples", type=click.IntRange(0), default=50, help="Schemathesis' examples for each operation.")
@click.option("--seconds", type=click.IntRange(1), default=3_600, help="It begins nothing new after this time.")
@click.option("--seed", default=1, help="For what is made up.")
@click.option("--clients", type=click.IntRange(1, 64), default=4, help="How many send at once.")
def main(requests: int, examples: int, seconds: int, seed: int, clients: int) -> None:
    """Fuzz a bank: no request, however careless or hostile, is answered by a 5xx.

    Starts a bank of its own (in a temporary folder, on free ports of this machine). Schemathesis follows the
    services' OpenAPI documents as a customer, as staff and as nobody; the fuzzer sends what no document describes.
    Prints a line for tests/bench/README.md. Exit code 1 when there was a 5xx, no answer, or a broken contract.
    """
    console = Console(highlight=False)
    with (
        tempfile.TemporaryDirectory(prefix="tidemark-fuzz-") as folder,
        running_bank(Path(folder) / "bank", "--no-ui") as bank,
    ):
        broken: list[str] = []
        followed = 0
        if examples:
            contract = Contract.prepare(bank)
            for service, caller in contract.runs():
                result = contract.follow(service, caller, Path(folder), examples, seed)
                followed += result.requests
                broken += [] if result.is_kept else [result.report]
                console.print(f"{service} as {caller}: {result.requests:,} requests, {result.verdict}")
        with _progress(console) as progress:
            task = progress.add_task("requests", total=requests)
            plan = Plan(requests, seconds, seed, clients)
            outcome = fuzz(bank, plan, lambda done: progress.update(task, completed=done))
    for fault in (*broken, *outcome.faults):
        console.print(fault, markup=False)
    for status, count in sorted(outcome.statuses.items()):
        console.print(f"{status or 'no answer'}: {count:,}")
    console.print(line(outcome, followed, len(broken), seed))
    sys.exit(1 if broken or outcome.faults else 0)


def line(outcome: Outcome, followed: int, broken: int, seed: int) -> str:
    """The row for the record: date, commit, seed, requests, and what was wrong."""
    commit = subprocess.run(
        ("git", "rev-parse", "--short", "HEAD"), cwd=REPOSITORY, capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"| {datetime.now(UTC):%Y-%m-%d} | {commit or '?'} | {seed} | {followed:,} | {broken} "
        f"| {outcome.requests:,} in {outcome.took_s:,.0f} s | {outcome.server_errors} | {outcome.unanswered} |"
    )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


if __name__ == "__main__":
    main(prog_name="make fuzz")
