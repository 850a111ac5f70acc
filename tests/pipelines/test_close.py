"""A close proves its period and what was touched since the last one, and reads nothing of the rest of history."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from pipelines import database
from tests.pipelines.conftest import Pipeline

pytestmark = pytest.mark.slow

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
YESTERDAY = TODAY - timedelta(days=1)
OLD_DAYS = 600
# Rows of the copy and of the marts that were read from end to end of their table, and entries of their indexes.
READ: LiteralString = (
    "select sum(rows)::bigint from ("
    "select relname, seq_tup_read as rows from pg_stat_user_tables "
    "union all select relname, idx_tup_read from pg_stat_user_indexes"
    ") as reading where relname in ('transaction', 'stats_daily', 'stats_weekly', 'stats_monthly')"
)
DAMAGE: LiteralString = "update marts.stats_daily set daily_balance_sum = daily_balance_sum + 1 where inflow = 7"
CHECKED: LiteralString = (
    "select (p ->> 'checked')::int from pipeline.run, jsonb_array_elements(proofs) as p "
    "where kind = 'close_daily' and p ->> 'name' = 'balance_chain' order by started_at"
)


def rows_read(pipeline: Pipeline, work: Callable[[], None]) -> int:
    """How many rows of history were read in the warehouse while it worked."""

    def count() -> int:
        # A session hands in what it counted before it ends.
        [(rows,)] = pipeline.bank.raw(READ)
        assert isinstance(rows, int)
        return rows

    before = count()
    work()
    return count() - before


def close(pipeline: Pipeline, period_end: datetime) -> bool:
    """The close of the day before `period_end`."""
    job = pipeline.defs.resolve_job_def("close_daily")
    tags = {"tidemark/period_end": period_end.date().isoformat()}
    return job.execute_in_process(instance=pipeline.instance, raise_on_error=False, tags=tags).success


def begin_yesterday(pipeline: Pipeline) -> None:
    """Let everything have been published a moment after yesterday began."""
    moment = YESTERDAY + timedelta(minutes=1)
    with psycopg.connect(pipeline.bank.databases.superuser_url(), autocommit=True) as bank:
        for table in ("pipeline.publication", "pipeline.close_claim"):
            bank.execute(sql.SQL("update {} set complete_through = %s").format(name(table)), (moment,))
    with database.connect(pipeline.bank.warehouse_url) as warehouse:
        warehouse.execute(
            "update raw.batch set complete_through = case batch_id when 1 then %s else %s end", (YESTERDAY, moment)
        )
        warehouse.execute("vacuum analyze")


def name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def live_through(pipeline: Pipeline, days: int) -> None:
    """A history of that many days before yesterday, published and closed; then a few movements of yesterday."""
    ledger = pipeline.bank.ledger
    accounts = [ledger.open_account(opened_at=YESTERDAY - timedelta(days=1000)) for _ in range(4)]
    with ledger.connect() as writer:
        for day in range(days, 0, -1):
            for account in accounts[:3]:
                ledger.deposit(account, 100, at=YESTERDAY - timedelta(days=day, hours=-1), writer=writer)
    assert pipeline.run().success
    assert close(pipeline, YESTERDAY)
    begin_yesterday(pipeline)
    ledger.deposit(accounts[3], 7, at=YESTERDAY + timedelta(hours=3))
    ledger.transfer(accounts[3], accounts[0], 3, at=YESTERDAY + timedelta(hours=4))


class TestScope:
    def test_only_what_is_new_since_the_last_close(self, pipeline: Pipeline) -> None:
        live_through(pipeline, OLD_DAYS)
        assert close(pipeline, TODAY)
        assert pipeline.bank.published(CHECKED) == [(3 * OLD_DAYS,), (3,)]

    def test_what_came_between_two_closes_is_proven_again(self, pipeline: Pipeline) -> None:
        live_through(pipeline, 3)
        assert pipeline.run().success
        with database.connect(pipeline.bank.warehouse_url) as warehouse:
            assert warehouse.execute(DAMAGE).rowcount == 1
        # A refresh sees no more than what is new since the last publication.
        assert pipeline.run().success

        assert not close(pipeline, TODAY)

        [(outcome, error)] = pipeline.bank.published(
            "select outcome, error from pipeline.run order by started_at desc limit 1"
        )
        assert outcome == "refused"
        assert f"daily {YESTERDAY:%Y-%m-%d}" in str(error)

    def test_movements_with_old_dates_count_as_new(self, pipeline: Pipeline) -> None:
        live_through(pipeline, 3)
        account = pipeline.bank.ledger.open_account(opened_at=YESTERDAY - timedelta(days=400))
        for day in range(5):
            pipeline.bank.ledger.deposit(account, 9, at=YESTERDAY - timedelta(days=300 - day))
        assert close(pipeline, TODAY)
        assert pipeline.bank.published(CHECKED) == [(9,), (8,)]

    def test_everything_where_the_warehouse_is_another_one(self, pipeline: Pipeline) -> None:
        live_through(pipeline, 3)
        with database.connect(pipeline.bank.warehouse_url) as warehouse:
            warehouse.execute("update raw.batch set complete_through = complete_through - interval '1 second'")
        assert close(pipeline, TODAY)
        assert pipeline.bank.published(CHECKED) == [(9,), (12,)]


class TestCost:
    def test_old_history_is_not_read(self, pipeline: Pipeline) -> None:
        live_through(pipeline, OLD_DAYS)
        old = 3 * OLD_DAYS
        with psycopg.connect(pipeline.bank.databases.superuser_url(), autocommit=True) as server:
            warehouse = sql.Identifier(pipeline.bank.databases.names.warehouse)
            # Tables as small as these are read from end to end for what indexes serve in large ones.
            for way in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
                server.execute(sql.SQL("alter database {} set {} = off").format(warehouse, sql.Identifier(way)))

        def work() -> None:
            assert close(pipeline, TODAY)

        assert rows_read(pipeline, work) < old
        with database.connect(pipeline.bank.publish_url) as bank:
            bank.execute("delete from pipeline.close_claim")
        # Without an earlier close to start from it proves everything.
        assert rows_read(pipeline, work) > old
