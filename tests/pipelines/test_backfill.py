"""A day made anew: what was damaged is mended, what was right stays, and readers' final figures never change."""

from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import pytest

from pipelines import database
from tests.cluster import Cluster
from tests.pipelines.conftest import Bank, Pipeline, clone, make_bank
from tests.pipelines.ledger import later
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow

PUBLISHED: LiteralString = "select * from stats.stats order by account_id, type, period_start"
BANK_DAYS: LiteralString = "select * from stats.bank_daily order by date"
DAY = (later(hours=-9, days=1), later(hours=-9, days=2))


@pytest.fixture(scope="module")
def built(module_bank: Bank, dbt_target: Path) -> Steps:
    """Two accounts with three days, published."""
    ledger, steps = module_bank.ledger, Steps(module_bank.databases, dbt_target)
    one, two = ledger.open_account(), ledger.open_account()
    for day in range(3):
        ledger.deposit(one, 1_000, at=later(days=day))
        ledger.transfer(one, two, 10, at=later(days=day, hours=1))
    ledger.open_account("CZK", opened_at=later(days=1))
    steps.refresh()
    return steps


@pytest.fixture
def bank(cluster: Cluster, built: Steps) -> Iterator[Bank]:
    """A copy of that bank."""
    copy = clone(built.databases)
    yield make_bank(copy)
    cluster.drop(copy)


@pytest.fixture
def steps(bank: Bank, dbt_target: Path) -> Steps:
    """The steps on the copy."""
    return Steps(bank.databases, dbt_target)


DAMAGE: tuple[LiteralString, ...] = (
    "update raw.transaction set amount = 999, balance_after = 5 where sequence = 3 and amount = 1000",
    "delete from raw.transaction where sequence = 4",
    "insert into raw.transaction select id, transfer_id, account_id, counterparty, amount, balance_after, 99, at, "
    "batch_id from raw.transaction where sequence = 2 and amount = 10",
    "delete from raw.account where currency = 'CZK'",
    "update raw.account set total = 1 where total = 30",
    "update marts.stats_daily set average_balance = 7 where period_start = '2024-03-05'",
    "delete from marts.stats_daily where period_start = '2024-03-05' and inflow = 10",
    "update marts.stats_weekly set max_balance = 7",
    "update marts.stats_monthly set inflow = 7",
    "update marts.bank_daily set deposits = 7 where date = '2024-03-05'",
)


class TestBackfill:
    def test_right_day_stays_as_it_is(self, bank: Bank, steps: Steps) -> None:
        before, copied = bank.published(PUBLISHED), bank.raw_transactions()
        steps.extract_again(*DAY)
        published = steps.finish()

        assert bank.published(PUBLISHED) == before
        assert {count["rows"] for count in published.row_counts.values()} == {0}
        assert bank.raw_transactions() == copied
        assert bank.raw(
            "select at::date::text, count(*) from raw.transaction where batch_id = 2 group by 1 order by 1"
        ) == [("2024-03-05", 3)]

    def test_damaged_day_is_mended_and_readers_notice_nothing(self, bank: Bank, steps: Steps) -> None:
        before, days = bank.published(PUBLISHED), bank.published(BANK_DAYS)
        with database.connect(steps.warehouse_url) as warehouse:
            for statement in DAMAGE:
                assert warehouse.execute(statement).rowcount > 0
        assert not all(result.passed for result in steps.prove(everything=True).values())

        steps.extract_again(*DAY)
        steps.finish()

        assert [result.in_words() for result in steps.prove(everything=True).values() if not result.passed] == []
        bank.assert_raw_equals_ledger()
        assert (bank.published(PUBLISHED), bank.published(BANK_DAYS)) == (before, days)

    def test_carries_what_is_new_as_well(self, bank: Bank, steps: Steps) -> None:
        account = bank.raw("select id from raw.account where total = 30")[0][0]
        bank.ledger.deposit(account, 5)  # type: ignore[arg-type]
        steps.extract_again(*DAY)
        steps.finish()
        bank.assert_raw_equals_ledger()
        assert bank.published("select sum((metrics ->> 'transaction_count')::int) from stats.stats") == [(30,)]

    def test_final_figure_that_readers_have_is_not_changed(self, bank: Bank, steps: Steps) -> None:
        with database.connect(bank.publish_url) as connection:
            connection.execute(
                "update stats.stats set metrics = metrics || '{\"inflow\": 1}' "
                "where type = 'daily' and period_start = '2024-03-05' and metrics ->> 'inflow' = '10'"
            )
        steps.extract_again(*DAY)
        steps.build()
        finality = steps.prove()["finality"]
        assert (finality.failed, finality.failures[0]["place"]) == (1, "daily 2024-03-05")


class TestJob:
    def test_publishes_the_day(self, bank: Bank, pipeline: Pipeline) -> None:
        before = bank.published(PUBLISHED)

        result = pipeline.run("backfill", day="2024-03-05")

        assert result.success
        [made] = result.asset_materializations_for_node("raw__day")
        assert (made.partition, made.metadata["rows"].value) == ("2024-03-05", 3)
        assert bank.published("select kind, outcome from pipeline.run") == [("backfill", "published")]
        assert bank.published(PUBLISHED) == before
        assert bank.published("select count(*) from pipeline.publication") == [(2,)]
