"""`make torture`: the tool as a person runs it."""

import shutil
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.running_bank import running_bank
from tests.torture.evidence import Discrepancy
from tests.torture.pipeline import PipelinePlan, torture_pipeline
from tests.torture.run import Outcome, Plan, torture


@click.command(context_settings={"show_default": True})
@click.option("--operations", type=click.IntRange(100), default=500_000, help="How many; each of an array counts.")
@click.option("--seconds", type=click.IntRange(1), default=1_200, help="Begin nothing new after this time.")
@click.option("--seed", default=1, help="For the operations of each client and the order of the kills.")
@click.option("--kills", type=click.IntRange(0), default=60, help="How many processes are ended by kill -9.")
@click.option(
    "--pipeline", is_flag=True, help="Kill the steps of the pipeline instead, before so many statements."
)
def main(operations: int, seconds: int, seed: int, kills: int, pipeline: bool) -> None:
    """Torture a bank: random operations while its services and its Postgres are killed.

    Starts a bank of its own (in a temporary folder, on free ports of this machine), lets clients move money by
    single transfers and arrays, and kills processes all the while. Then everything acknowledged must be in the
    ledger exactly once, everything refused must not, nothing else may be there, and the books must close.

    With --pipeline a refresh is killed before one of the statements that it sends, again and again (--kills 0: for
    each of them), and the next one must publish what the ledger says.

    Exit code 0 when that is so; 1 with the first discrepancy, and the bank's folder is kept.
    """
    console = Console()
    if pipeline:
        sys.exit(of_the_pipeline(console, PipelinePlan(kills, seconds, seed)))
    plan = Plan(operations, seconds, seed, kills)
    folder = Path(tempfile.mkdtemp(prefix="tidemark-torture-"))
    try:
        with (
            _progress(console) as progress,
            running_bank(folder / "bank", "--no-ui", "--no-pipeline") as bank,
        ):
            task = progress.add_task("operations", total=operations)
            outcome = torture(bank, plan, lambda done: progress.update(task, completed=done))
    except Discrepancy as found:
        console.print(f"[red]Discrepancy:[/] {found}", highlight=False)
        console.print(f"What the bank left is in {folder}.", highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)
    console.print(table(outcome))
    console.print("Everything acknowledged is there once, nothing refused is, the books close.")


def of_the_pipeline(console: Console, plan: PipelinePlan) -> int:
    """Torture the pipeline's steps; the exit code."""
    try:
        with _progress(console) as progress:
            task = progress.add_task("kills", total=plan.kills or None)
            outcome = torture_pipeline(plan, lambda done: progress.update(task, completed=done))
    except Discrepancy as found:
        console.print(f"[red]Discrepancy:[/] {found}", highlight=False)
        return 1
    for step, killed in outcome.killed.items():
        console.print(f"{step}: killed before {len(killed)} of {outcome.statements[step]} statements")
    console.print(
        f"{outcome.kills} kills in {outcome.took_s:,.0f} s; what is published is the ledger's each time."
    )
    return 0


def table(outcome: Outcome) -> Table:
    """What happened, in numbers."""
    evidence = outcome.evidence
    counts = evidence.counts
    rows = {
        "operations": f"{evidence.operations:,} in {counts['calls']:,} calls, {outcome.took_s:.0f} s",
        "acknowledged": f"{len(evidence.posted):,}",
        "refused": f"{len(evidence.refused):,}",
        "retried": f"{counts['replies lost']:,} lost replies, {counts['503 and 504']:,} 503 or 504",
        "repeated when answered": f"{counts['repeats']:,}",
        "longest time without an answer": f"{_longest_silence(outcome):.1f} s",
    }
    for kind in sorted({kill.kind for kill in outcome.kills}):
        away = [kill.away_s for kill in outcome.kills if kill.kind == kind]
        rows[f"killed: {kind}"] = (
            f"{len(away)}; back after {statistics.median(away):.1f} s (most {max(away):.1f} s)"
        )
    grid = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in rows.items():
        grid.add_row(name, value)
    return grid


def _longest_silence(outcome: Outcome) -> float:
    return max((later - earlier for earlier, later in pairwise(outcome.evidence.answered_at)), default=0.0)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


if __name__ == "__main__":
    main(prog_name="make torture")
