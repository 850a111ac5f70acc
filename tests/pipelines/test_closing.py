"""The close of a period: which one, whose, and when it may be."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines import database, run_log
from pipelines.extract import closing
from pipelines.extract.closing import CannotBeFinal
from pipelines.run_log import Kind
from tests.pipelines.conftest import Bank


class TestPeriodEnd:
    @pytest.mark.parametrize(
        ("kind", "now", "zone", "expected"),
        [
            ("close_daily", datetime(2024, 3, 6, 0, 0, tzinfo=UTC), "UTC", date(2024, 3, 6)),
            ("close_daily", datetime(2024, 3, 5, 23, 30, tzinfo=UTC), "Europe/Prague", date(2024, 3, 6)),
            ("close_weekly", datetime(2024, 3, 10, 23, 59, tzinfo=UTC), "UTC", date(2024, 3, 4)),
            ("close_weekly", datetime(2024, 3, 11, 0, 0, tzinfo=UTC), "UTC", date(2024, 3, 11)),
            ("close_monthly", datetime(2024, 3, 31, 22, 0, tzinfo=UTC), "Europe/Prague", date(2024, 4, 1)),
            ("close_monthly", datetime(2024, 3, 31, 12, 0, tzinfo=UTC), "UTC", date(2024, 3, 1)),
        ],
    )
    def test_newest_period_that_ended(self, kind: Kind, now: datetime, zone: str, expected: date) -> None:
        assert closing.period_end(kind, now, zone) == expected


class TestClaim:
    def test_second_run_finds_it_done(self, bank: Bank) -> None:
        day = date(2024, 3, 6)
        with database.connect(bank.publish_url) as connection:
            run_log.begin(connection, "one", "close_daily")
            assert closing.claim(connection, "close_daily", day, "one")
            run_log.finish(connection, "one", "published")
            assert not closing.claim(connection, "close_daily", day, "two")
            assert closing.claim(connection, "close_weekly", day, "two")
            assert closing.claim(connection, "close_daily", day + timedelta(days=1), "two")
        assert bank.published(
            "select run_id from pipeline.close_claim where kind = 'close_daily' order by period_end"
        ) == [
            ("one",),
            ("two",),
        ]

    def test_failed_run_leaves_it_to_the_next(self, bank: Bank) -> None:
        day = date(2024, 3, 6)
        with database.connect(bank.publish_url) as connection:
            run_log.begin(connection, "one", "close_daily")
            assert closing.claim(connection, "close_daily", day, "one")
            run_log.finish(connection, "one", "failed", "x")
            assert closing.claim(connection, "close_daily", day, "two")


class TestWaitUntilFinal:
    def test_returns_when_nobody_writes(self, bank: Bank) -> None:
        closing.wait_until_final(bank.source_url, datetime.now(UTC) - timedelta(seconds=1), wait_s=0)

    def test_open_transaction_from_before_the_end(self, bank: Bank) -> None:
        with bank.ledger.connect() as writer:
            bank.ledger.deposit(bank.ledger.open_account(), 5, writer=writer)
            with pytest.raises(CannotBeFinal, match="still open"):
                closing.wait_until_final(bank.source_url, datetime.now(UTC), wait_s=0)
