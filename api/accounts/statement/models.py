"""Which lines of a statement somebody looks for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Direction = Literal["in", "out"]


@dataclass(frozen=True)
class TimeRange:
    """[start, end); None is open."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Filter:
    """What a line has to be; None lets all through.

    Amounts are in minor units, without their sign, both ends included. `counterparty` is an account number or
    `external:<name>`; `text` is looked for in memo and kept name, and is the other's number when it is one.
    """

    direction: Direction | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    counterparty: str | None = None
    text: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it lets every line through."""
        return self == Filter()
