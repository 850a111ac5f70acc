"""Where days are missing, doubled, or begin at another hour than midnight."""

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings

from tests.oracle import Account, Transaction
from tests.warehouse.batch_by_batch import built_batch_by_batch_is_right, few
from tests.warehouse.dbt import Dbt
from tests.warehouse.histories import ODD, History, histories
from tests.warehouse.marts import PERIODS, differences, rows
from tests.warehouse.raw import balances_after, write_batch

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class TestRandomHistories:
    @pytest.mark.parametrize("zone", ODD)
    def test_where_days_are_odd(self, zone: str, warehouse: psycopg.Connection, dbt: Dbt) -> None:
        @settings(few, max_examples=1)
        @given(history=histories((zone,)))
        def test(history: History) -> None:
            built_batch_by_batch_is_right(history, warehouse, dbt)

        test()


class TestSamoa:
    """Friday 2011-12-30 was left out: day, week and month know nothing of it."""

    def test_a_day_that_never_was_counts_nowhere(self, warehouse: psycopg.Connection, dbt: Dbt) -> None:
        account = Account(UUID(int=7), datetime(2011, 12, 27, 10, tzinfo=UTC))  # Tuesday's midnight
        moves = (
            (datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC), 700),  # Thursday's last second
            (datetime(2011, 12, 30, 10, tzinfo=UTC), 100),  # Saturday's first moment
            (datetime(2012, 1, 1, 10, tzinfo=UTC), 5),  # Monday's
        )
        transactions = [
            Transaction(account.account_id, number, at, amount, "external:cash")
            for number, (at, amount) in enumerate(moves, start=1)
        ]
        warehouse.execute("drop schema if exists marts cascade")
        warehouse.execute("truncate raw.batch, raw.transaction, raw.account restart identity")
        complete_through = datetime(2012, 2, 1, 12, tzinfo=UTC)
        write_batch(warehouse, complete_through, [account], transactions, balances_after(transactions))
        dbt("run", zone="Pacific/Apia")

        averages = {
            (period, row["period_start"]): (row["average_balance"], row["average_daily_balance"])
            for period in PERIODS
            for row in rows(warehouse, f"stats_{period}")
        }
        assert averages[("daily", date(2011, 12, 29))] == (0, 700)
        assert averages[("daily", date(2011, 12, 31))] == (800, 800)
        # Five days: 27, 28, 29, 31, and the first of January.
        assert averages[("weekly", date(2011, 12, 26))] == (320, 460)
        assert averages[("monthly", date(2011, 12, 1))] == (200, 375)
        assert ("daily", date(2011, 12, 30)) not in averages
        zone = ZoneInfo("Pacific/Apia")
        assert differences(warehouse, [account], transactions, zone, complete_through) == []
