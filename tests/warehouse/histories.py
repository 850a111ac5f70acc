"""Random histories for property tests: accounts around the moments where calendars are difficult, late."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.oracle import Account, Transaction, day_start

ZONES = ("Europe/Prague", "America/New_York", "UTC")
# Where days and clocks are odd, around the moment when they were; in the past, which time zone data agree on.
ODD = {
    "Pacific/Apia": (date(2011, 12, 30),),  # never was
    "America/Sao_Paulo": (date(2018, 11, 4), date(2018, 2, 18)),  # no midnight; the hour before it twice
    "America/Havana": (date(2023, 11, 5),),  # two midnights
    "America/St_Johns": (date(2010, 11, 7),),  # 00:01 became 23:01 of the day before
    "America/Nuuk": (date(2024, 3, 31),),  # no hour before midnight
}
# Around the change to summer time (with a month's end), the change back, and New Year.
SEASONS = {
    "Europe/Prague": (date(2026, 3, 29), date(2026, 10, 25), date(2027, 1, 1)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1), date(2027, 1, 1)),
    "UTC": (date(2028, 2, 29), date(2026, 11, 1), date(2027, 1, 1)),
    **ODD,
}
DAYS_AROUND = (-33, -8, -7, -2, -1, 0, 1, 2, 3, 6, 7, 8, 31)
JITTER_US = (
    *(-1, 0, 1, 1_000_000, -1_800_000_000, -3_599_000_000, 3_600_000_000, 7_200_000_000, 43_200_000_007),
    *(-3_600_000_000, 86_399_999_999),
)


@dataclass(frozen=True)
class Life:
    """One account: its transactions, and the batch that brings each, the account itself and its closing."""

    account: Account
    transactions: list[Transaction]
    batches: list[int]
    first_batch: int
    closing_batch: int

    @property
    def is_in_order(self) -> bool:
        """Whether the rows arrive in their order, as the ledger's do."""
        return self.batches == sorted(self.batches)


@dataclass(frozen=True)
class History:
    """A bank of several accounts that arrives in `len(complete_through)` batches."""

    zone: ZoneInfo
    lives: list[Life]
    complete_through: list[datetime]

    def is_last(self, batch: int) -> bool:
        """Whether everything has arrived with this batch (from 0)."""
        return batch == len(self.complete_through) - 1

    def accounts_at(self, batch: int) -> list[Account]:
        """The accounts as they are known at a batch."""
        return [
            life.account
            if batch >= life.closing_batch
            else Account(life.account.account_id, life.account.opened_at, None, life.account.currency)
            for life in self.lives
            if batch >= life.first_batch
        ]

    def transactions_at(self, batch: int) -> list[Transaction]:
        """The transactions that have arrived by a batch."""
        return [t for life in self.lives for t, b in _arrivals(life) if b <= batch]

    def arriving(self, batch: int) -> tuple[list[Account], list[Transaction]]:
        """What a batch brings: accounts that are new, moved or closed, and transactions."""
        moved = {life.account.account_id for life in self.lives if batch in {*life.batches, life.first_batch}}
        moved |= {life.account.account_id for life in self.lives if batch == life.closing_batch}
        transactions = [t for life in self.lives for t, b in _arrivals(life) if b == batch]
        return [a for a in self.accounts_at(batch) if a.account_id in moved], transactions


def _arrivals(life: Life) -> Iterator[tuple[Transaction, int]]:
    return zip(life.transactions, life.batches, strict=True)


@st.composite
def histories(draw: st.DrawFn, zones: Sequence[str] = ZONES) -> History:
    """Banks of 12 to 24 accounts in one of the zones, arriving in 3 or 4 batches."""
    zone = ZoneInfo(draw(st.sampled_from(zones)))
    season = draw(st.sampled_from(SEASONS[zone.key]))
    moments = st.builds(
        lambda days, jitter: day_start(season + timedelta(days=days), zone) + timedelta(microseconds=jitter),
        st.sampled_from(DAYS_AROUND),
        st.sampled_from(JITTER_US),
    )
    batches = draw(st.integers(3, 4))
    complete_through = sorted(draw(st.lists(moments, min_size=batches, max_size=batches)))
    count = draw(st.integers(12, 24))
    return History(zone, [draw(_lives(UUID(int=n + 1), moments, batches)) for n in range(count)], complete_through)


@st.composite
def _lives(draw: st.DrawFn, account_id: UUID, moments: st.SearchStrategy[datetime], batches: int) -> Life:
    times = sorted(draw(st.lists(moments, max_size=10)))
    amounts = draw(st.lists(st.integers(-999, 999).filter(bool), min_size=len(times), max_size=len(times)))
    others = st.sampled_from(("external:cash", "external:wire", "a", "b"))
    transactions = [
        Transaction(account_id, sequence, at, amount, draw(others))
        for sequence, (at, amount) in enumerate(zip(times, amounts, strict=True), start=1)
    ]
    opened_at = draw(moments)
    if times:
        opened_at = min(opened_at, times[0])
    closed_at = None
    if draw(st.booleans()):
        closed_at = max(draw(moments), *times, opened_at) if draw(st.booleans()) else max([opened_at, *times])
    arrivals = draw(st.lists(st.integers(0, batches - 1), min_size=len(times), max_size=len(times)))
    # The ledger's rows arrive in their order; after the first, the models are right in any other as well.
    if draw(st.integers(0, 3)):
        arrivals = list(accumulate(arrivals, max))
    arrivals[:1] = [min(arrivals)] if arrivals else []
    first_batch = min([*arrivals, draw(st.integers(0, batches - 1))])
    return Life(
        account=Account(account_id, opened_at, closed_at, draw(st.sampled_from(("CZK", "EUR")))),
        transactions=transactions,
        batches=arrivals,
        first_batch=first_batch,
        closing_batch=max([first_batch, *arrivals, draw(st.integers(0, batches - 1))]),
    )
