"""Real transactions of a Czech bank as the oracle's types: all that lie beside the repository, or the slice in it.

See README.md in this folder for the source.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from tests.cluster import REPOSITORY
from tests.oracle import Account, Transaction
from tests.warehouse.raw import NAMESPACE


@dataclass(frozen=True)
class RealData:
    """Two files as `tidemark import` takes them, and how many transactions there are."""

    folder: Path
    suffix: str
    count: int

    @property
    def accounts_file(self) -> Path:
        """account, type, currency, overdraft_limit, opened_at."""
        return self.folder / f"pkdd99-accounts.{self.suffix}"

    @property
    def transactions_file(self) -> Path:
        """time, account, amount, counterparty, memo, reference."""
        return self.folder / f"pkdd99-transactions.{self.suffix}"

    def accounts(self) -> list[Account]:
        """All accounts; none of them closes."""
        return [
            Account(account_id(row["account"]), datetime.fromisoformat(row["opened_at"]))
            for row in rows(self.accounts_file)
        ]

    def transactions(self) -> list[Transaction]:
        """All transactions in the order of the file, which is the order of time."""
        transactions: list[Transaction] = []
        last_sequence: dict[UUID, int] = {}
        for row in rows(self.transactions_file):
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


WHOLE = RealData(REPOSITORY.parent / "shared" / "data", "csv.gz", 49_102)
SLICE = RealData(Path(__file__).parent, "csv", 1_972)


def account_id(name: str) -> UUID:
    """The id that stands for an account of the source."""
    return uuid5(NAMESPACE, name)


def rows(file: Path) -> Iterator[dict[str, str]]:
    """A file's rows by column, gzip or plain."""
    with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
