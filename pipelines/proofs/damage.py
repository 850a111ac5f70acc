"""What is known to be damaged: table pipeline.damage."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pipelines.database import Connection
from pipelines.proofs.catalogue import PUBLISHED_ACCOUNTS, PUBLISHED_BANK_DAILY, PUBLISHED_STATISTICS
from pipelines.proofs.proof import MOST_FAILURES, ProofResult

READERS = {PUBLISHED_STATISTICS.name, PUBLISHED_ACCOUNTS.name, PUBLISHED_BANK_DAILY.name}
# How a proof calls an account's period, and a day of the bank.
PERIOD = re.compile(r"(?:stats_)?(daily|weekly|monthly) (\d{4}-\d\d-\d\d)")
DAY = re.compile(r"(?:bank_daily )?(\d{4}-\d\d-\d\d) \w+")
COLUMNS = "proof, account_id::text, place, expected, found, first_day, last_day"
Failure = Mapping[str, str | None]


@dataclass(frozen=True)
class Damage:
    """A row that is wrong. `first_day` to `last_day`: to be made anew; None where no day mends it."""

    proof: str
    account: str | None
    place: str
    expected: str | None
    found: str | None
    first_day: date | None = None
    last_day: date | None = None

    def __str__(self) -> str:
        where = f"account {self.account or '(all)'}, {self.place}"
        days = f" (day {_days(self.first_day, self.last_day)})" if self.first_day and self.last_day else ""
        return f"{self.proof}: {where}{days}: expected {self.expected}, found {self.found}"


def failures(results: Iterable[ProofResult]) -> list[tuple[str, Failure]]:
    """Proof and row of all that does not hold, without what only follows from something else.

    Where a mart is wrong, readers differ from it, and are right.
    """
    failed = [(result.name, failure) for result in results for failure in result.failures]
    wrong = {failure["account"] or failure["place"] for name, failure in failed if name not in READERS}
    return [
        (name, failure)
        for name, failure in failed
        if name not in READERS or (failure["account"] or failure["place"]) not in wrong
    ]


def record(bank: Connection, damages: Sequence[Damage], found_by: str) -> None:
    """Note what was found (the first MOST_FAILURES); what is known already stays as it was found first."""
    with bank.transaction():
        for damage in damages[:MOST_FAILURES]:
            bank.execute(
                "insert into pipeline.damage "
                "(proof, account_id, place, expected, found, first_day, last_day, found_by) "
                "values (%s, %s, %s, %s, %s, %s, %s, %s) "
                "on conflict (proof, account_id, place) where mended_at is null do nothing",
                (
                    *(damage.proof, damage.account, damage.place, damage.expected, damage.found),
                    *(damage.first_day, damage.last_day, found_by),
                ),
            )


def known(bank: Connection) -> list[Damage]:
    """What is not mended."""
    rows = bank.execute(f"select {COLUMNS} from pipeline.damage where mended_at is null order by id").fetchall()
    return [Damage(*row) for row in rows]


def is_known(bank: Connection) -> bool:
    """Whether anything is not mended."""
    row = bank.execute("select exists (select from pipeline.damage where mended_at is null)").fetchone()
    assert row is not None
    return bool(row[0])


def close(bank: Connection) -> None:
    """All that is known holds again: call it with the publication that proved it."""
    bank.execute("update pipeline.damage set mended_at = now() where mended_at is null")


def days_of(damages: Iterable[Damage]) -> tuple[date, date] | None:
    """From which day to which all of them are mended; None where no day mends any."""
    found = [(damage.first_day, damage.last_day) for damage in damages if damage.first_day and damage.last_day]
    return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def in_words(damages: Sequence[Damage], shown: int) -> list[str]:
    """The first of them, and what mends them."""
    lines = [str(damage) for damage in damages[:shown]]
    if len(damages) > shown:
        lines.append(f"… and {len(damages) - shown:,} more")
    return [*lines, remedy(damages)]


def remedy(damages: Sequence[Damage]) -> str:
    """What to do about them."""
    days = days_of(damages)
    if days is None:
        return "No day mends it: tidemark warehouse reload"
    return f"To mend it: tidemark warehouse mend --from {days[0]} --to {days[1]}"


def accounts_of(damages: Iterable[Damage]) -> list[UUID]:
    """The accounts that they are of."""
    return sorted({UUID(damage.account) for damage in damages if damage.account})


def _days(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"
