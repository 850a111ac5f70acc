"""Cuts the slice anew from the whole: `python -m tests.warehouse.real_data.cut`."""

import csv
from pathlib import Path

from tests.warehouse.real_data import SLICE, WHOLE, rows

EVERY = 26
OVERDRAWN = 3


def main() -> None:
    """Every 26th account, and the first three that may be overdrawn, with all their transactions."""
    accounts = list(rows(WHOLE.accounts_file))
    overdrawn = [account for account in accounts if int(account["overdraft_limit"])][:OVERDRAWN]
    names = {account["account"] for account in accounts[::EVERY] + overdrawn}
    for source, target in (
        (WHOLE.accounts_file, SLICE.accounts_file),
        (WHOLE.transactions_file, SLICE.transactions_file),
    ):
        write(target, [row for row in rows(source) if row["account"] in names])


def write(file: Path, chosen: list[dict[str, str]]) -> None:
    """One CSV file with its header."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(chosen[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(chosen)


if __name__ == "__main__":
    main()
