"""Proofs: each fails on a copy that is corrupted in the way it exists for, and names where."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import LiteralString

import pytest

from pipelines import database
from pipelines.baseline import baseline
from pipelines.proofs.catalogue import HISTORY, NAMES, STATISTICS
from pipelines.proofs.proof import begin, scope_of
from tests.pipelines.conftest import Bank
from tests.pipelines.corruptions import EVERY, FINAL, MARTS, NEW, NEW_DAY, OTHER_VALUE, RAW
from tests.pipelines.ledger import later
from tests.pipelines.projects import add_statistic, copy_project
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow

PROVEN_MARTS = ("stats_daily", "stats_weekly", "stats_monthly", "accounts", "bank_daily")
COPIED = (
    *("raw.batch", "raw.transaction", "raw.account", "marts.metric_catalog"),
    *(f"marts.{mart}" for mart in PROVEN_MARTS),
)


@pytest.fixture(scope="module")
def world(module_bank: Bank, dbt_target: Path) -> Steps:
    """A published history of several days, and a batch with more that is built and not yet published."""
    steps = Steps(module_bank.databases, dbt_target)
    ledger = module_bank.ledger
    one, two, three = (ledger.open_account() for _ in range(3))
    ledger.open_account("CZK")
    for day in range(10):
        ledger.deposit(one, 10_000 + day, at=later(days=day))
        ledger.transfer(one, two, 100 * (day + 1), at=later(days=day, hours=2))
    ledger.deposit(three, 777, at=later(days=3))
    steps.refresh()
    ledger.transfer(one, two, 5_000)
    ledger.deposit(two, -300)
    ledger.transfer(two, three, 40)
    steps.extract()
    steps.build()
    with database.connect(steps.warehouse_url) as warehouse:
        warehouse.execute("create schema kept")
        for table in COPIED:
            warehouse.execute(f"create table kept.{table.replace('.', '_')} as table {table}")
    return steps


@pytest.fixture
def steps(world: Steps) -> Iterator[Steps]:
    """The world, put back as it was after the test."""
    yield world
    with database.connect(world.warehouse_url) as warehouse, warehouse.transaction():
        for table in COPIED:
            warehouse.execute(f"truncate {table}")
            warehouse.execute(
                f"insert into {table} overriding system value select * from kept.{table.replace('.', '_')}"
            )


def corrupt(steps: Steps, statement: LiteralString) -> None:
    with database.connect(steps.warehouse_url) as warehouse:
        assert warehouse.execute(statement).rowcount > 0


def failing(steps: Steps, *, everything: bool = False) -> set[str]:
    results = steps.prove(everything=everything).values()
    for result in results:
        assert result.passed == (not result.failures)
    return {result.name for result in results if not result.passed}


class TestCatalogue:
    @pytest.mark.parametrize("name", sorted(NAMES - {HISTORY.name}))
    def test_each_proof_is_shown_to_fail(self, steps: Steps, name: str) -> None:
        statements = [statement for statement, expected in EVERY.values() if name in expected]
        assert statements, f"nothing here corrupts what {name} proves"
        corrupt(steps, statements[0])
        assert name in failing(steps)

    @pytest.mark.parametrize("mart", PROVEN_MARTS)
    def test_each_column_that_is_wrong_is_seen(self, steps: Steps, mart: str) -> None:
        with database.connect(steps.warehouse_url) as warehouse, database.connect(steps.publish_url) as bank:
            standing = baseline(bank, warehouse)
            begin(warehouse, steps.time_zone)
            scope = asdict(scope_of(warehouse, standing, steps.time_zone, standing.unproven))
            columns = warehouse.execute(
                "select column_name, data_type from information_schema.columns "
                "where table_schema = 'marts' and table_name = %s and column_name <> 'batch_id'",
                (mart,),
            ).fetchall()
            where = NEW_DAY if mart.startswith("stats_") else NEW
            unseen = []
            for column, type_ in columns:
                warehouse.execute("savepoint uncorrupted")
                changed = f"update marts.{mart} set {column} = {OTHER_VALUE[type_].format(column)} where {where}"
                assert warehouse.execute(changed).rowcount > 0
                if all(proof.prove(warehouse, scope).passed for proof in STATISTICS):
                    unseen.append(column)
                warehouse.execute("rollback to savepoint uncorrupted")
            warehouse.rollback()
        assert len(columns) >= 5
        assert unseen == []


class TestUncorrupted:
    @pytest.mark.parametrize("everything", [False, True])
    def test_all_hold_and_look_at_something(self, steps: Steps, everything: bool) -> None:
        results = steps.prove(everything=everything)
        assert set(results) == NAMES - {HISTORY.name}
        assert [result.in_words() for result in results.values() if not result.passed] == []
        # Nothing that is new lies in a period that was final when it was last published.
        # Nor has an analyst a statistic of their own.
        assert {name for name, result in results.items() if not result.checked} == (
            {"rebuild"} if everything else {"rebuild", "finality"}
        )

    def test_usual_run_looks_only_at_what_is_new(self, steps: Steps) -> None:
        usual, everything = steps.prove(), steps.prove(everything=True)
        assert (usual["balance_chain"].checked, everything["balance_chain"].checked) == (5, 36)
        assert (usual["internal_transfers"].checked, everything["internal_transfers"].checked) == (2, 12)
        assert (usual["period_arithmetic"].checked, everything["period_arithmetic"].checked) == (9, 38)


class TestCopy:
    @pytest.mark.parametrize(("statement", "expected"), RAW.values(), ids=RAW.keys())
    def test_corrupted_raw_rows(self, steps: Steps, statement: LiteralString, expected: set[str]) -> None:
        corrupt(steps, statement)
        assert failing(steps) == expected

    def test_names_account_place_and_figures(self, steps: Steps) -> None:
        account = account_of(steps, f"select account_id::text from raw.transaction where {NEW} and amount = -300")
        corrupt(steps, f"update raw.transaction set amount = -301 where {NEW} and amount = -300")
        chain = steps.prove()["balance_chain"]
        assert chain.failures == [{"account": account, "place": "12", "expected": "10199", "found": "10200"}]
        assert f"account {account}, 12: expected 10199, found 10200" in chain.in_words()

    @pytest.mark.parametrize(
        ("statement", "expected"),
        [
            ("update raw.transaction set amount = 10002 where amount = 10001", {"balance_chain"}),
            ("delete from raw.transaction where amount = 10003", {"sequence", "balance_chain"}),
        ],
    )
    def test_old_rows_are_seen_at_the_close(
        self, steps: Steps, statement: LiteralString, expected: set[str]
    ) -> None:
        corrupt(steps, statement)
        assert failing(steps) == set()
        assert expected < failing(steps, everything=True)


def account_of(steps: Steps, query: LiteralString) -> str:
    with database.connect(steps.warehouse_url) as warehouse:
        row = warehouse.execute(query).fetchone()
    assert row is not None
    return str(row[0])


class TestStatistics:
    @pytest.mark.parametrize(("statement", "expected"), MARTS.values(), ids=MARTS.keys())
    def test_corrupted_marts(self, steps: Steps, statement: LiteralString, expected: set[str]) -> None:
        corrupt(steps, statement)
        assert failing(steps) == expected

    def test_row_in_a_wrong_period(self, steps: Steps) -> None:
        corrupt(
            steps,
            f"update marts.stats_daily set period_start = '2024-03-16', period_end = '2024-03-17' where {NEW_DAY}",
        )
        assert failing(steps) >= {"completeness", "days_add_up", "finality"}


class TestFinality:
    def test_changed_final_figure_is_refused(self, steps: Steps) -> None:
        corrupt(steps, FINAL["changed"][0])
        result = steps.prove()["finality"]
        assert (result.passed, result.failed) == (False, 3)
        assert result.failures[0]["place"] == "daily 2024-03-07"

    def test_untouched_final_figure_is_seen_at_the_close(self, steps: Steps) -> None:
        corrupt(steps, "update marts.stats_weekly set counterparty_count = 9 where period_start = '2024-03-04'")
        assert failing(steps) == set()
        assert failing(steps, everything=True) == {"averages", "finality"}

    def test_vanished_final_row_is_seen_at_the_close(self, steps: Steps) -> None:
        corrupt(steps, "delete from marts.stats_daily where period_start = '2024-03-07'")
        assert "finality" in failing(steps, everything=True)

    def test_new_row_in_a_final_period_is_refused(self, steps: Steps) -> None:
        statement, expected = FINAL["moved there"]
        corrupt(steps, statement)
        assert failing(steps) == expected

    def test_higher_version_may_change_it(self, steps: Steps) -> None:
        corrupt(
            steps,
            "update marts.stats_daily set average_balance = average_balance + 1 where period_start = '2024-03-07'",
        )
        assert failing(steps, everything=True) == {"averages", "finality"}
        corrupt(steps, "update marts.metric_catalog set version = 2 where name = 'average_balance'")
        assert failing(steps, everything=True) == {"rebuild"}


class TestOwnStatistic:
    """An analyst's statistic that a run brings up to date in another way than it is made."""

    @pytest.fixture
    def own(self, bank: Bank, tmp_path: Path) -> Steps:
        """The steps on a fresh bank, with a project of which one statistic's increment is wrong on purpose."""
        project = copy_project(tmp_path)
        add_statistic(project, "{% if is_incremental() %}0{% else %}1{% endif %} + count(*)")
        return Steps(bank.databases, tmp_path / "dbt", project)

    def test_is_compared_with_its_rebuild(self, bank: Bank, own: Steps) -> None:
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 10, at=later(days=1))
        own.refresh()
        bank.ledger.deposit(account, 10)
        own.extract()
        own.build()

        results = own.prove()
        assert {name for name, result in results.items() if not result.passed} == {"rebuild"}
        rebuilt = results["rebuild"]
        assert (rebuilt.checked, rebuilt.failed) == (1, 1)
        assert (rebuilt.failures[0]["expected"], rebuilt.failures[0]["found"]) == ('{"own": 2}', '{"own": 1}')
        # A close makes everything anew, and looks at what was published before as well.
        close = own.prove(everything=True)["rebuild"]
        assert (close.checked, close.failed) == (2, 1)
