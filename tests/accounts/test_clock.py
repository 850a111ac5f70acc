"""The clock is set back: nothing is dated before the floor that the last extract raised."""

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from tests.accounts.ledger import Ledger
from tests.cluster import Databases

pytestmark = pytest.mark.slow


@pytest.fixture
def ledger(databases: Databases) -> Iterator[Ledger]:
    ledger = Ledger(databases)
    yield ledger
    ledger.close()


def raise_floor(ledger: Ledger) -> datetime:
    """As the extract does it; gives the floor."""
    with ledger.connect("extractor") as extractor:
        row = extractor.execute("select at from accounts.raise_floor()").fetchone()
    assert row is not None
    return row[0]


def times(outcomes: list[dict[str, Any]]) -> set[datetime]:
    """When these movements happened."""
    return {datetime.fromisoformat(outcome["time"]) for outcome in outcomes}


class TestClockSetBack:
    def test_no_movement_is_dated_before_the_floor(self, ledger: Ledger) -> None:
        source, destination = ledger.open(100), ledger.open()
        floor = raise_floor(ledger)
        ledger.set_clock("-1 day")
        with ledger.connect() as connection:
            for moves in (
                [("external:cash", source, 1)],
                [(source, destination, 1)],
                [(source, "external:cash", 1)],
                [(source, destination, 1), (destination, source, 1)],
            ):
                assert times(ledger.post(connection, moves)) == {floor}
            entry = ledger.value("select id from accounts.transaction where account_id = %s limit 1", destination)
            row = connection.execute(
                "select answer::jsonb -> 0 ->> 'time' from accounts.reverse(%s, null, null, %s, '')",
                (uuid4(), entry),
            ).fetchone()
            assert row is not None
            assert datetime.fromisoformat(row[0]) == floor
        ledger.assert_books_close()

    def test_no_account_opens_or_closes_before_the_floor(self, ledger: Ledger) -> None:
        first, second, other = ledger.open(), ledger.open(owner=(stranger := ledger.add_user())), ledger.add_user()
        floor = raise_floor(ledger)
        ledger.set_clock("-1 day")
        with ledger.connect() as connection:
            connection.execute("select accounts.close_account(%s, %s)", (ledger.user_id, first))
            connection.execute("select accounts.close_accounts_of(%s)", (stranger,))
            connection.execute("select accounts.open_account(%s, 'savings', 'EUR', true, 5)", (other,))
        rows = ledger.root.execute(
            "select coalesce(closed_at, opened_at) from accounts.account"
            " where id = any (%s::uuid[]) or type = 'savings'",
            ([first, second],),
        ).fetchall()
        assert rows == [(floor,)] * 3

    def test_each_extract_raises_the_floor(self, ledger: Ledger) -> None:
        """What was dated at a floor is complete at the next, however long the clock stays behind."""
        account = ledger.open()
        floors = [raise_floor(ledger)]
        ledger.set_clock("-1 day")
        with ledger.connect() as connection:
            for _ in range(3):
                (at,) = times(ledger.post(connection, [("external:cash", account, 1)]))
                floors.append(raise_floor(ledger))
                assert floors[-2] == at < floors[-1]
        ledger.set_clock("0")
        assert raise_floor(ledger) - floors[-1] > floors[1] - floors[0]

    def test_a_posting_that_waited_sees_a_floor_raised_meanwhile(self, ledger: Ledger) -> None:
        account = ledger.open(100)
        move = [(account, "external:cash", 1)]
        found: list[Any] = []
        for moves in (move, move * 2):
            with psycopg.connect(ledger.databases.url("accounts_app")) as first, ledger.connect() as second:
                ledger.post(first, move)
                waiting = threading.Thread(target=lambda: found.append(ledger.post(second, moves)))  # noqa: B023
                waiting.start()
                ledger.wait_until_someone_waits()
                ledger.set_clock("1 day")
                floor = raise_floor(ledger)
                ledger.set_clock("0")
                first.commit()
                waiting.join()
            assert times(found[-1]) == {floor}

    def test_the_clock_is_never_before_the_transaction(self, ledger: Ledger) -> None:
        assert ledger.value("select accounts.clock() >= now()")
        assert "now()" in ledger.value("select pg_get_functiondef('accounts.clock'::regproc)")


class TestFloor:
    @pytest.mark.parametrize("role", ["extractor", "accounts_app", "accounts_owner", "postgres"])
    @pytest.mark.parametrize(
        "change",
        [
            "update accounts.extract_floor set at = at - interval '1 microsecond'",
            "update accounts.extract_floor set complete_through = '2024-01-01'",
            "insert into accounts.extract_floor (at) values (now())",
            "delete from accounts.extract_floor",
            "truncate accounts.extract_floor",
        ],
    )
    def test_it_only_rises_whoever_connects(self, ledger: Ledger, role: str, change: str) -> None:
        with ledger.connect("extractor") as extractor:
            extractor.execute("select accounts.raise_floor(), accounts.keep_complete_through(now())")
        url = ledger.databases.superuser_url() if role == "postgres" else ledger.databases.url(role)
        with (
            psycopg.connect(url, autocommit=True) as connection,
            pytest.raises((errors.InsufficientPrivilege, errors.RestrictViolation)),
        ):
            connection.execute(change.encode())

    def test_complete_through_is_never_lowered_nor_above_the_floor(self, ledger: Ledger) -> None:
        kept = "select complete_through from accounts.extract_floor"
        with ledger.connect("extractor") as extractor:
            floor = raise_floor(ledger)
            for moment in ("infinity", "2024-01-01"):
                extractor.execute("select accounts.keep_complete_through(%s)", (moment,))
                assert ledger.value(kept) == floor
