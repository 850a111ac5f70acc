"""A real bank's fifteen months: every account-day, -week and -month equals the oracle, to the minor unit.

On the slice that comes with the repository, and on the whole where it lies beside the checkout.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import psycopg
import pytest

from tests.oracle import Account, Transaction
from tests.warehouse import duck
from tests.warehouse.dbt import Dbt
from tests.warehouse.marts import PERIODS, bank_differences, completed_rows, differences, rows, snapshot
from tests.warehouse.raw import balances_after, empty, write_batch
from tests.warehouse.real_data import SLICE, WHOLE, RealData, account_id

pytestmark = pytest.mark.slow

ZONE = ZoneInfo("Europe/Prague")
COMPLETE_THROUGH = datetime(1994, 3, 31, 12, tzinfo=UTC)
# The last two days come in a batch of their own, and only some of the first batch is complete.
CUT = datetime(1994, 3, 30, tzinfo=UTC)


WHOLE_IS_AWAY = pytest.mark.skipif(not WHOLE.folder.is_dir(), reason="the whole of the real data is not at hand")


@pytest.fixture(
    scope="module", params=[pytest.param(SLICE, id="slice"), pytest.param(WHOLE, id="whole", marks=WHOLE_IS_AWAY)]
)
def data(request: pytest.FixtureRequest) -> RealData:
    chosen: RealData = request.param
    return chosen


@pytest.fixture(scope="module")
def accounts(data: RealData) -> list[Account]:
    return data.accounts()


@pytest.fixture(scope="module")
def transactions(data: RealData) -> list[Transaction]:
    return data.transactions()


@pytest.fixture(scope="module")
def built(
    warehouse: psycopg.Connection, dbt: Dbt, accounts: list[Account], transactions: list[Transaction]
) -> None:
    """The marts after two batches, the second much smaller than the first."""
    empty(warehouse)
    balances = balances_after(transactions)
    early = [t for t in transactions if t.at < CUT]
    late = [t for t in transactions if t.at >= CUT]
    write_batch(warehouse, CUT - timedelta(hours=30), accounts, early, balances)
    dbt("build", "--exclude-resource-type", "unit_test", zone=ZONE.key)
    write_batch(warehouse, COMPLETE_THROUGH, [], late, balances)
    dbt("build", "--exclude-resource-type", "unit_test", zone=ZONE.key, published_batch_id=1)


@pytest.mark.usefixtures("built")
class TestRealData:
    def test_every_figure_equals_the_oracle(
        self,
        warehouse: psycopg.Connection,
        data: RealData,
        accounts: list[Account],
        transactions: list[Transaction],
    ) -> None:
        assert len(transactions) == data.count
        assert differences(warehouse, accounts, transactions, ZONE, COMPLETE_THROUGH) == []
        assert sum(row["transaction_count"] for row in rows(warehouse, "stats_monthly")) == data.count

    def test_every_figure_equals_duckdbs_from_the_files(
        self, warehouse: psycopg.Connection, data: RealData, accounts: list[Account]
    ) -> None:
        with duckdb.connect() as engine:
            duck.load_csv(engine, data.accounts_file, data.transactions_file)
            for period in PERIODS:
                found = duck.statistics(engine, period, ZONE.key, COMPLETE_THROUGH)
                expected = {(account_id(name), start): row for (name, start), row in found.items()}
                stored = completed_rows(warehouse, period, accounts, ZONE, COMPLETE_THROUGH)
                assert len(expected) > 5 * len(accounts)
                assert stored.keys() == expected.keys()
                assert [(key, row) for key, row in stored.items() if row != expected[key]] == []

    def test_the_bank_by_day_equals_the_oracle(
        self, warehouse: psycopg.Connection, accounts: list[Account], transactions: list[Transaction]
    ) -> None:
        assert bank_differences(warehouse, accounts, transactions, ZONE, COMPLETE_THROUGH) == []

    def test_the_second_run_wrote_what_it_touched(self, warehouse: psycopg.Connection) -> None:
        touched = warehouse.execute(
            "select count(distinct (account_id, (posted_at at time zone %s)::date))"
            " from staging.stg_ledger__transactions where batch_id = 2 or posted_at >= %s",
            (ZONE.key, CUT - timedelta(hours=30)),
        ).fetchone()
        written = warehouse.execute("select count(*) from marts.stats_daily where batch_id = 2").fetchone()
        assert touched == written

    @pytest.mark.parametrize("mart", ["stats_daily", "stats_weekly", "stats_monthly", "bank_daily"])
    def test_a_run_never_reads_all_history(self, warehouse: psycopg.Connection, dbt: Dbt, mart: str) -> None:
        warehouse.execute("analyze raw.transaction, raw.account")
        warehouse.execute(
            "update marts.stats_daily set batch_id = 1; update marts.stats_weekly set batch_id = 1;"
            "update marts.stats_monthly set batch_id = 1; update marts.bank_daily set batch_id = 1"
        )
        plan = warehouse.execute(f"explain {dbt.compiled(mart, ZONE.key)}").fetchall()
        assert [line for (line,) in plan if "Seq Scan on transaction" in line] == []

    def test_a_full_rebuild_says_the_same(self, warehouse: psycopg.Connection, dbt: Dbt) -> None:
        incremental = snapshot(warehouse)
        dbt("run", "--full-refresh", zone=ZONE.key)
        assert snapshot(warehouse) == incremental
