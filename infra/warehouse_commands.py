"""Commands of `tidemark` that prove and mend the warehouse."""

import json
import sys
from datetime import datetime

import click

from infra.admin_commands import running_bank

SHOWN = 20
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def warehouse() -> None:
    """The warehouse: the copy of the ledger, and the statistics made from it."""


@warehouse.command("reload")
@click.option(
    "--may-restate", is_flag=True, help="Let final figures change: movements of closed periods are lost."
)
def reload_warehouse(may_restate: bool) -> None:
    """Read the whole ledger anew, after the bank's database was restored or replaced."""
    from infra.local.admin import run_pipeline_admin

    options = ["--may-restate"] if may_restate else []
    sys.exit(run_pipeline_admin(running_bank(), "reload", *options))


@warehouse.command("prove")
def prove_warehouse() -> None:
    """Prove all of history: the copy, the statistics, and what readers have of them.

    Each day's share is proven again by itself (the sensor `scrubber`); this proves everything, however long it
    takes, while the bank runs. Damaged rows are named with account and day, up to 1,000; nothing is published
    until they are mended.

    Exit code 0 when all holds, 1 when something is damaged or could not be proven.
    """
    from infra.local.admin import run_pipeline_admin

    sys.exit(run_pipeline_admin(running_bank(), "prove"))


@warehouse.command("mend")
@click.option("--from", "first", type=DAY, help="The first day to make anew; without, that of the known damage.")
@click.option("--to", "last", type=DAY, help="The last one; without, that of the known damage.")
@click.option("--dry-run", is_flag=True, help="Say what is damaged and what would be done, and do nothing.")
def mend_warehouse(first: datetime | None, last: datetime | None, dry_run: bool) -> None:
    """Make days anew: mend what a proof has named.

    Reads the days from the ledger once more in the place of the copy's rows, removes what nothing stands behind,
    makes anew the days, weeks and months that they touch for every account, proves, and publishes. What was right
    stays as it is; a final figure that readers have and that was not damaged is never changed. One run of the job
    `backfill`, whatever the range.

    Exit code 0 only when the proofs held and the statistics are published.
    """
    from infra.local.admin import ask_pipeline
    from infra.local.stats_run import run_statistics

    bank = running_bank()
    known = json.loads(ask_pipeline(bank, "damage"))
    start, end = _day(first, known["from"]), _day(last, known["to"])
    _show(known["rows"])
    if start is None or end is None:
        if not known["rows"]:
            click.echo("Nothing is known to be damaged. `tidemark warehouse prove` looks at everything.")
            return
        raise click.ClickException("No day mends it. Read the ledger anew: tidemark warehouse reload")
    if end < start:
        raise click.ClickException(f"--to ({end}) lies before --from ({start}).")
    click.echo(f"To be made anew: {start} to {end}, read from the ledger, for every account.")
    if dry_run:
        return
    tags = {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end}
    if not run_statistics(bank.dagster_url, click.echo, bank.operator_headers, job="backfill", tags=tags):
        _show(json.loads(ask_pipeline(bank, "damage"))["rows"])
        raise click.ClickException("Not mended. Readers keep the last good statistics.")
    click.echo("Mended, proven and published.")


def _show(rows: list[str]) -> None:
    if rows:
        click.echo(f"Known to be damaged, rows: {len(rows)}")
    for row in rows[:SHOWN]:
        click.echo(f"  {row}")
    if len(rows) > SHOWN:
        click.echo(f"  … and {len(rows) - SHOWN:,} more")


def _day(given: datetime | None, known: str | None) -> str | None:
    return f"{given:%Y-%m-%d}" if given else known
