"""The pipeline's own state, by hand or by `tidemark up`: `python -m pipelines.admin prepare|reload`."""

import argparse
import sys
from collections.abc import Sequence

import psycopg

from api.shared.settings import SettingsError
from pipelines import database
from pipelines.extract.errors import ExtractError
from pipelines.extract.run import reload
from pipelines.settings import Databases

LOCK_WAIT_S = 600.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 1 with the reason on the standard error."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.admin", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="make the pipeline's schemas in the warehouse, where they are missing")
    reloading = commands.add_parser(
        "reload", help="read the whole ledger anew, after the source was restored or replaced"
    )
    reloading.add_argument(
        "--may-restate",
        action="store_true",
        help="let the next publication change final figures: movements of closed periods are lost for good",
    )
    options = parser.parse_args(arguments)
    try:
        databases = Databases.read()
        if options.command == "prepare":
            prepare(databases)
        else:
            print(reread(databases, may_restate=options.may_restate))
    except (SettingsError, ExtractError, database.Busy, psycopg.Error) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def prepare(databases: Databases) -> None:
    """Make what is missing in the warehouse."""
    with database.connect(databases.warehouse_url) as warehouse, warehouse.transaction():
        database.lock(warehouse, database.EXTRACT_LOCK, LOCK_WAIT_S)
        database.prepare(warehouse)


def reread(databases: Databases, *, may_restate: bool) -> str:
    """A full re-read between two runs; what it did, in words."""
    with database.connect(databases.warehouse_url) as warehouse:
        database.lock(warehouse, database.RUN_LOCK, LOCK_WAIT_S)
        batch = reload(databases.source_url, databases.warehouse_url, may_restate=may_restate)
    return (
        f"Read {batch.transaction_rows} transactions and {batch.account_rows} accounts anew as batch "
        f"{batch.batch_id}. The next run builds every model in full and publishes."
    )


if __name__ == "__main__":
    sys.exit(main())
