"""A statement as CSV."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from api.accounts.currencies import currencies
from api.accounts.schemas import Transaction
from api.shared.csv_text import csv_text

COLUMNS = (
    "time",
    "from",
    "to",
    "amount",
    "balance_after",
    "sequence",
    "memo",
    "id",
    "transfer_id",
    "currency",
    "amount_major",
    "balance_after_major",
)


def statement_csv(lines: Iterable[Transaction], currency: str) -> str:
    """A line for each transaction: amounts in minor units, and as decimals of the currency."""
    decimals = currencies()[currency].minor_units

    def row(line: Transaction) -> list[object]:
        values = {
            **msgspec.to_builtins(line),
            "currency": currency,
            "amount_major": Decimal(line.amount).scaleb(-decimals),
            "balance_after_major": Decimal(line.balance_after).scaleb(-decimals),
        }
        return [values[name] for name in COLUMNS]

    return csv_text(COLUMNS, map(row, lines))
