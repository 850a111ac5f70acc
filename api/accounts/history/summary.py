"""What a history comes to, in numbers and in words."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import psycopg

from api.accounts.currencies import in_major

_COUNTS = """
    select (select count(*) from accounts.import_account where is_new),
           count(*) filter (where not is_repeat),
           count(*) filter (where is_repeat),
           count(*) filter (where source_reference is not null and destination_reference is not null),
           (select count(*) from accounts.import_row), min(at), max(at)
    from accounts.import_movement
"""
_TOTALS = """
    select currency, count(*),
           coalesce(sum(amount) filter (where not accounts.is_account(source)), 0)::text,
           coalesce(sum(amount) filter (where not accounts.is_account(destination)), 0)::text,
           coalesce(sum(amount) filter (where accounts.is_account(source) and accounts.is_account(destination)),
                    0)::text
    from accounts.import_movement
    where not is_repeat
    group by currency order by currency
"""


@dataclass(frozen=True)
class Total:
    """New movements of one currency, in minor units: from outside, to outside, between the bank's accounts."""

    currency: str
    movements: int
    in_minor: int
    out_minor: int
    between_minor: int


@dataclass(frozen=True)
class Summary:
    """`accounts` and `movements` are new, `repeated` movements were there before; `mirrored` were given twice.

    `rows`, `first_at` and `last_at` are of the files; the times are None when these hold no movement.
    """

    accounts: int
    movements: int
    repeated: int
    mirrored: int
    rows: int
    first_at: datetime | None
    last_at: datetime | None
    totals: tuple[Total, ...]
    seconds: float = 0.0

    def timed(self, seconds: float) -> Self:
        """The same, with how long it took."""
        return replace(self, seconds=seconds)

    def text(self, *, is_dry_run: bool) -> str:
        """For people, several lines."""
        what = f"{self.accounts:,} accounts and {self.movements:,} movements"
        verb = "would be imported" if is_dry_run else "imported"
        before = "are there already" if is_dry_run else "were there before"
        lines = [f"{what} {verb}, {self.repeated:,} {before}: {self.rows:,} rows in {self.seconds:.1f} s."]
        if self.mirrored:
            lines.append(f"Movements that both of their accounts give, counted once: {self.mirrored:,}.")
        if self.first_at and self.last_at:
            lines.append(f"From {self.first_at:%Y-%m-%d %H:%M:%S} to {self.last_at:%Y-%m-%d %H:%M:%S} UTC.")
        for total in self.totals:
            sums = (
                f"{in_major(total.in_minor, total.currency)} in, {in_major(total.out_minor, total.currency)} out,"
                f" {in_major(total.between_minor, total.currency)} between accounts"
            )
            lines.append(f"{sums}: {total.movements:,} movements.")
        return "\n".join(lines)


def summarise(cursor: psycopg.Cursor) -> Summary:
    """What the import in this transaction comes to, once it is prepared."""
    accounts, movements, repeated, mirrored, rows, first_at, last_at = cursor.execute(_COUNTS).fetchone() or ()
    totals = tuple(
        Total(currency, count, int(in_), int(out), int(between))
        for currency, count, in_, out, between in cursor.execute(_TOTALS)
    )
    return Summary(accounts, movements, repeated, mirrored, rows, first_at, last_at, totals)
