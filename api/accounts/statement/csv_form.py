"""A statement as CSV."""

from collections.abc import Iterable

import msgspec

from api.accounts.currencies import to_major
from api.accounts.schemas import Transaction
from api.shared.csv_text import csv_text

# What people read first, in the order of the app's page; then what programs need.
COLUMNS = (
    "time",
    "counterparty_name",
    "counterparty_number",
    "memo",
    "amount_major",
    "balance_after_major",
    "currency",
    "kind",
    "amount",
    "balance_after",
    "sequence",
    "from",
    "to",
    "id",
    "transfer_id",
    "reverses_id",
    "reversed_by_id",
)


def statement_csv(lines: Iterable[Transaction], currency: str) -> str:
    """A line for each transaction: amounts in minor units, and as decimals of the currency."""

    def row(line: Transaction) -> list[object]:
        values = {
            **msgspec.to_builtins(line),
            "currency": currency,
            "amount_major": to_major(line.amount, currency),
            "balance_after_major": to_major(line.balance_after, currency),
        }
        return [values[name] for name in COLUMNS]

    return csv_text(COLUMNS, map(row, lines))
