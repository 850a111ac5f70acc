"""The real transactions that lie beside the repository (see their own README), as the oracle's types."""

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from tests.oracle import Account, Transaction
from tests.warehouse.raw import NAMESPACE

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY.parent / "shared" / "data"
ACCOUNTS = FOLDER / "pkdd99-accounts.csv.gz"
TRANSACTIONS = FOLDER / "pkdd99-transactions.csv.gz"


def account_id(name: str) -> UUID:
    """The id that stands for an account of the source."""
    return uuid5(NAMESPACE, name)


def read_accounts() -> list[Account]:
    """All accounts; none of them closes."""
    return [
        Account(account_id(row["account"]), datetime.fromisoformat(row["opened_at"])) for row in _rows(ACCOUNTS)
    ]


def read_transactions() -> list[Transaction]:
    """All transactions in the order of the file, which is the order of time."""
    transactions: list[Transaction] = []
    last_sequence: dict[UUID, int] = {}
    for row in _rows(TRANSACTIONS):
        account = account_id(row["account"])
        last_sequence[account] = last_sequence.get(account, 0) + 1
        transactions.append(
            Transaction(
                account_id=account,
                sequence=last_sequence[account],
                at=datetime.fromisoformat(row["time"]),
                amount=int(row["amount"]),
                counterparty=row["counterparty"],
            )
        )
    return transactions


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
