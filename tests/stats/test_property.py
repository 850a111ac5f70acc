"""Whatever happened, wherever pages are cut, and whenever it is asked: the figures are the oracle's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import PeriodType, account_statistics, day_start
from tests.stats.marts import PERIODS
from tests.stats.world import Api, World

pytestmark = pytest.mark.slow

# Clock changes: at 2:00, at midnight, by half an hour, twelve hours from UTC, none.
ZONES = ("Europe/Prague", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Auckland", "UTC")
BEGIN = datetime(2026, 3, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAYS = 50

amounts = st.integers(-2_000, 2_000).filter(bool) | st.sampled_from([10**11, -(10**9)])
minutes = st.integers(0, DAYS * 24 * 60)


@dataclass(frozen=True)
class Life:
    """An account's opening and closing, and its movements, as minutes after BEGIN and a few microseconds."""

    opened: int
    closed: int | None
    moves: list[tuple[int, int, int]]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    opened = draw(minutes)
    moves = sorted(
        (max(opened, at), microsecond, amount)
        for at, microsecond, amount in draw(
            st.lists(st.tuples(minutes, st.sampled_from([0, 1, 999_999]), amounts), max_size=8)
        )
    )
    after = st.integers(max([opened + 1, *(at + 1 for at, _, _ in moves)]), DAYS * 24 * 60 + 9)
    return Life(opened, draw(st.none() | after), moves)


@st.composite
def moments(draw: st.DrawFn, zone: str) -> datetime:
    """A complete_through: any, or one at a day's very end."""
    if draw(st.booleans()):
        day = date(2026, 3, 21) + timedelta(days=draw(st.integers(0, DAYS + 9)))
        return day_start(day, ZoneInfo(zone)) + timedelta(microseconds=draw(st.sampled_from([-1, 0, 1])))
    return (
        BEGIN
        + MINUTE * draw(st.integers(1, (DAYS + 9) * 24 * 60))
        + timedelta(microseconds=draw(st.integers(0, 9)))
    )


def live(world: World, life: Life, owner: Any) -> None:
    """Make it happen; a closed account is empty."""
    closed_at = None if life.closed is None else BEGIN + life.closed * MINUTE
    account = world.open_account(owner, BEGIN + life.opened * MINUTE, closed_at)
    for at, microsecond, amount in life.moves:
        world.post(account, amount, BEGIN + at * MINUTE + timedelta(microseconds=microsecond))
    balance = sum(amount for _, _, amount in life.moves)
    if closed_at is not None and balance:
        last_at = max(BEGIN + at * MINUTE + timedelta(microseconds=us) for at, us, _ in life.moves)
        world.post(account, -balance, max(last_at, closed_at - timedelta(microseconds=1)))


@settings(
    max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.data(),
    histories=st.lists(lives(), min_size=1, max_size=3),
    period=st.sampled_from(PERIODS),
    zone=st.sampled_from(ZONES),
    limit=st.integers(1, 40),
)
def test_the_figures_are_the_oracles(
    api: Api,
    bank: World,
    data: st.DataObject,
    histories: list[Life],
    period: PeriodType,
    zone: str,
    limit: int,
) -> None:
    bank.forget()
    person = bank.person()
    for life in histories:
        live(bank, life, person)
    complete_through = data.draw(moments(zone))
    bank.publish(complete_through, zone)
    first, last = sorted(data.draw(st.tuples(*[st.dates(date(2026, 3, 15), date(2026, 5, 20))] * 2)))

    items, cursor = [], None
    while True:
        asked = {"account_id": ",".join(map(str, bank.histories)), "from": first, "to": last, "limit": limit}
        page = api.get(f"/stats/{period}", person, asked | ({"cursor": cursor} if cursor else {})).json()
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    expected = [
        (str(row.account_id), str(row.period_start), str(row.period_end), row.status, row.metrics)
        for account_id in sorted(bank.histories)
        for row in account_statistics(*bank.histories[account_id], period, ZoneInfo(zone), complete_through)
        if row.period_end > first and row.period_start <= last
    ]
    assert [tuple(item.values()) for item in items] == expected
    for before, after in pairwise(items):
        if before["account_id"] == after["account_id"]:
            assert before["period_end"] == after["period_start"]
            assert before["metrics"]["closing_balance"] == after["metrics"]["opening_balance"]
