"""How a verification ends that does not find the ledger right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

# Rows that are named.
MOST_FAULTS = 1000


@dataclass(frozen=True)
class Fault:
    """One row that is wrong. `at`: when it was made, if it is an entry; `is_of_copy`: it differs from the copy."""

    where: str
    what: str
    at: datetime | None = None
    is_of_copy: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}."


class LedgerFault(Exception):
    """The ledger is wrong; the text names the rows (the first MOST_FAULTS) and what is wrong with each."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults[:MOST_FAULTS])
        super().__init__("\n".join(map(str, self.faults)))


class CannotCheck(Exception):
    """The ledger could not be checked; the text says why."""
