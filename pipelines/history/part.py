"""A part of history, and where it lies in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import sql

from api.shared.calendar import ONE_DAY, day_start

Kind = Literal["accounts", "days"]
KINDS: tuple[Kind, ...] = ("accounts", "days")
# Where the last part of each kind ends: behind everything there is, and everything that is to come.
END: dict[Kind, str] = {"accounts": str(UUID(int=2**128 - 1)), "days": "9999-12-31"}


@dataclass(frozen=True)
class Accounts:
    """The accounts after `after` (None: from the first on) up to `last`, by id; or those of a list."""

    after: str | None = None
    last: str = END["accounts"]
    chosen: Sequence[UUID] | None = None

    @property
    def key(self) -> tuple[Kind, str]:
        """Its kind and end."""
        return "accounts", self.last

    def where(self, column: str) -> sql.Composed:
        """The condition for a column with an account's id."""
        name = sql.Identifier(column)
        if self.chosen is not None:
            return sql.SQL("{} = any ({})").format(name, sql.Literal(list(self.chosen)))
        condition = sql.SQL("{} <= {}::uuid").format(name, sql.Literal(self.last))
        if self.after is None:
            return condition
        return sql.SQL("{} > {}::uuid and ").format(name, sql.Literal(self.after)) + condition

    def __str__(self) -> str:
        return "the last accounts" if self.last == END["accounts"] else f"accounts up to {self.last}"


@dataclass(frozen=True)
class Days:
    """The bank's days after `after` (None: from the first on) up to `last`."""

    after: date | None
    last: date

    @property
    def key(self) -> tuple[Kind, str]:
        """Its kind and end."""
        return "days", self.last.isoformat()

    def where_date(self, column: str) -> sql.Composed:
        """The condition for a column with a date."""
        first = self.after + ONE_DAY if self.after else date.min
        return sql.SQL("{} between {} and {}").format(sql.Identifier(column), first, self.last)

    def bounds(self, zone: ZoneInfo, complete_through: datetime) -> tuple[datetime | str, datetime]:
        """The moments [from, to) that it reaches over, so far as the copy is complete."""
        start = day_start(self.after + ONE_DAY, zone) if self.after else "-infinity"
        if self.last == date.max:
            return start, complete_through
        return start, min(day_start(self.last + ONE_DAY, zone), complete_through)

    def __str__(self) -> str:
        return "the last days" if self.last == date.max else f"days up to {self.last}"


Part = Accounts | Days
