"""`make bench`: `python -m tests.bench [PART…]`."""

import logging
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click
from moto.server import ThreadedMotoServer

from tests.bench import app, extract, freshness, idle, lambdas, ledger, login, rebuild, refresh, runs, stats
from tests.bench.bank import ServingBank, serving_bank
from tests.bench.report import Table, write
from tests.cluster import Cluster
from tests.e2e.people import Person

PARTS = tuple("lambda ledger login stats freshness extract refresh rebuild runs idle app".split())
SERVED = {"ledger", "login", "stats"}
PEOPLE = 8


def tell(text: str) -> None:
    """One line of progress."""
    click.echo(f"{time.strftime('%H:%M:%S')}  {text}", err=True)


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option(
    "--pgledger", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A checkout of it."
)
@click.option("--rounds", default=5, show_default=True, help="How often each contender is measured.")
@click.option("--seconds", default=8, show_default=True, help="How long, each time (ledger, login).")
@click.option(
    "--rows",
    default=10_000_000,
    show_default=True,
    help="The larger history (refresh); a fifth for rebuild, a tenth for extract, a hundredth for runs.",
)
@click.option("--minutes", default=30.0, show_default=True, help="How long the bank is left alone (idle).")
def main(
    parts: tuple[str, ...], pgledger: Path | None, rounds: int, seconds: int, rows: int, minutes: float
) -> None:
    """Measure PARTS (all of them unless named) and print a table of ratios for each.

    Everything happens on a Postgres and a bank of their own in a temporary folder, on this machine only. The
    tables are also kept in tests/bench/results. 10 million rows take 20 GB of disk and half an hour, idle as long
    as it is told.
    """
    # Whoever ends us ends the servers too: an exception passes through every `with` below.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("ended by SIGTERM"))
    wanted = [part for part in PARTS if part in (parts or PARTS)]
    with temporary_folder() as folder:
        if "lambda" in wanted:
            with cluster(folder / "lambda") as own:
                show("lambda", lambdas.run(own, lambdas.Size(), folder / "lambda", tell))
        if SERVED & set(wanted):
            served(wanted, folder, pgledger, rounds, seconds)
        if "freshness" in wanted:
            tell("starting a bank with its pipeline")
            with serving_bank(folder / "fresh", has_pipeline=True) as bank:
                fresh = freshness.Size()
                show("freshness", freshness.run(bank, inhabit(bank, fresh.accounts), fresh, tell))
        if "extract" in wanted:
            with cluster(folder / "extract") as own:
                show("extract", extract.run(own, extract.Size(rounds=rounds, rows=rows // 10), folder, tell))
        if "refresh" in wanted:
            with cluster(folder / "refresh") as own:
                size = refresh.Size(rows=(rows // 10, rows), rounds=rounds)
                show("refresh", refresh.run(own, size, folder / "refresh", tell))
        if "rebuild" in wanted:
            with cluster(folder / "rebuild") as own:
                again = rebuild.Size(rows=rows // 5, rounds=rounds)
                show("rebuild", rebuild.run(own, again, folder / "rebuild", tell))
        if "runs" in wanted:
            with cluster(folder / "runs") as own:
                show("runs", runs.run(own, runs.Size(runs=rows // 100), folder, tell))
        if "idle" in wanted:
            tell("starting a whole bank")
            with serving_bank(folder / "idle", has_pipeline=True, has_app=True) as bank:
                show("idle", idle.run(bank, minutes, tell))
        if "app" in wanted:
            tell("starting a whole bank")
            with serving_bank(folder / "app", has_pipeline=True, has_app=True) as bank:
                customers = [bank.customer() for _ in range(PEOPLE)]
                show("app", app.run(bank.app, customers, app.Size(rounds=rounds), tell))


def served(wanted: Sequence[str], folder: Path, pgledger: Path | None, rounds: int, seconds: int) -> None:
    """The parts that need a whole bank."""
    tell("starting a bank")
    with serving_bank(folder / "bank") as bank:
        size = ledger.Size(rounds=rounds, seconds=seconds)
        people = inhabit(bank, size.accounts)
        if "ledger" in wanted:
            show("ledger", ledger.run(bank, people, size, pgledger, folder, tell))
        if "login" in wanted:
            show("login", login.run(bank, people, login.Size(rounds=rounds, seconds=seconds), size, tell))
        if "stats" in wanted:
            show("stats", stats.run(bank, people[0], stats.Size(), tell))


def inhabit(bank: ServingBank, accounts: int) -> list[Person]:
    """PEOPLE who all own the same accounts."""
    people = [bank.customer() for _ in range(PEOPLE)]
    bank.open_accounts([UUID(person.user_id) for person in people], accounts)
    return people


def show(part: str, tables: list[Table]) -> None:
    """Print and keep."""
    path = write(part, tables)
    click.echo(path.read_text())
    tell(f"kept in {path}")


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A Postgres with the bank's own settings, for parts that need no running bank."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    aws.start()
    host, port = aws.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
    }
    made = Cluster(folder, environment, durable=True)
    try:
        made.start()
        yield made
    finally:
        made.server.stop()
        aws.stop()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of this run's own; Postgres' own user must be able to pass through it."""
    folder = Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(prog_name="make bench")
