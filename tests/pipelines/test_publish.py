"""Publish: all of a run or none of it, once, and nothing left over."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from pipelines import database
from pipelines.errors import Refused, TimeZoneChanged
from pipelines.publish.service import as_json, publish
from tests.cluster import Cluster
from tests.pipelines.conftest import Bank, clone, make_bank
from tests.pipelines.ledger import later
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow

STATE = (
    "select (select count(*) from pipeline.publication), "
    "(select count(*) from stats.stats), (select count(*) from stats.account), "
    "(select count(*) from stats.metric), (select count(*) from stats.bank_daily), "
    "(select coalesce(sum((metrics ->> 'transaction_count')::bigint), 0) from stats.stats)"
)


@pytest.fixture(scope="module")
def built(module_bank: Bank, dbt_target: Path) -> Steps:
    """Two accounts with a few days, extracted and built; tests work on copies of it."""
    ledger, steps = module_bank.ledger, Steps(module_bank.databases, dbt_target)
    one, two = ledger.open_account(), ledger.open_account()
    for day in range(3):
        ledger.deposit(one, 1_000, at=later(days=day))
        ledger.transfer(one, two, 10, at=later(days=day))
    steps.extract()
    steps.build()
    return steps


@pytest.fixture
def bank(cluster: Cluster, built: Steps) -> Iterator[Bank]:
    """A bank whose marts are built and not yet published."""
    copy = clone(built.databases)
    yield make_bank(copy)
    cluster.drop(copy)


@pytest.fixture
def history(bank: Bank, dbt_target: Path) -> Steps:
    """The pipeline's steps on that bank."""
    return Steps(bank.databases, dbt_target)


def another_batch(warehouse: database.Connection) -> int:
    """A batch that brought nothing; its id."""
    row = warehouse.execute(
        "insert into raw.batch (snapshot, receipt, complete_through, extracted_at, transaction_rows, "
        "account_rows, source_totals, source_accounts, source_transactions) "
        "select snapshot, receipt, now(), now(), 0, 0, "
        "source_totals, source_accounts, source_transactions from raw.batch limit 1 returning batch_id"
    ).fetchone()
    assert row is not None
    return int(row[0])


class TestPublish:
    def test_first_brings_everything(self, bank: Bank, history: Steps) -> None:
        published = history.publish("run-1")

        assert bank.published(STATE) == [(1, 10, 2, 17, 3, 27)]
        assert bank.published("select run_id, batch_id, time_zone from pipeline.publication") == [
            ("run-1", published.batch_id, "UTC")
        ]
        day = bank.published(
            "select period_end::text, metrics, basis from stats.stats where type = 'daily' "
            "and period_start = '2024-03-05' and metrics ->> 'inflow_count' = '1' "
            "and metrics ->> 'outflow_count' = '1'"
        )
        assert [row[0] for row in day] == ["2024-03-06"]
        metrics, basis = day[0][1], day[0][2]
        assert isinstance(metrics, dict)
        assert isinstance(basis, dict)
        assert (metrics["opening_balance"], metrics["closing_balance"], metrics["inflow"]) == (990, 1980, 1000)
        assert metrics["largest_outflow"] == 10
        assert set(basis) == {"last_transaction_at", "balance_integral", "daily_balance_sum"}
        nine_hours_us = 9 * 3600 * 10**6
        assert basis["balance_integral"] == str(990 * nine_hours_us)
        assert basis["last_transaction_at"] == "2024-03-05T09:00:00+00:00"

    def test_next_brings_only_what_changed(self, bank: Bank, history: Steps) -> None:
        first = history.publish()
        account = bank.published("select account_id from stats.account order by account_id limit 1")[0][0]
        bank.ledger.deposit(account, 5)  # type: ignore[arg-type]
        second = history.refresh()

        assert second.row_counts["stats_daily"]["rows"] == 1
        rows = bank.published("select publication_id, count(*) from stats.stats group by 1 order by 1")
        assert rows == [(first.publication_id, 10), (second.publication_id, 3)]

    def test_nothing_new_only_advances(self, bank: Bank, history: Steps) -> None:
        first = history.publish()
        second = history.refresh()

        assert second.complete_through > first.complete_through
        assert {mart: count["rows"] for mart, count in second.row_counts.items()} == dict.fromkeys(
            ("stats_daily", "stats_weekly", "stats_monthly", "accounts", "bank_daily", "metric_catalog"), 0
        )
        assert bank.published("select max(publication_id) from stats.stats") == [(first.publication_id,)]

    def test_same_run_and_batch_once(self, bank: Bank, history: Steps) -> None:
        assert history.publish("run-1") == history.publish("run-1")
        assert bank.published("select count(*) from pipeline.publication") == [(1,)]

    def test_what_failed_before_comes_with_the_next(self, bank: Bank, history: Steps) -> None:
        account = bank.raw("select id from raw.account limit 1")[0][0]
        bank.ledger.deposit(account, 5)  # type: ignore[arg-type]
        history.extract()
        history.build()
        bank.ledger.deposit(account, 6)  # type: ignore[arg-type]

        history.refresh()

        assert bank.published(STATE) == [(1, 13, 2, 17, 4, 33)]

    def test_killed_between_any_two_steps_the_next_run_brings_all(self, bank: Bank, history: Steps) -> None:
        history.publish()
        account = bank.raw("select id from raw.account order by id limit 1")[0][0]
        stops: tuple[tuple[Callable[[], object], ...], ...] = (
            (history.extract,),
            (history.extract, lambda: history.build({"stats_daily"})),
            (history.extract, lambda: history.build({"stats_daily", "stats_weekly", "accounts"})),
            (history.extract, history.build, history.prove),
        )
        for done in stops:
            bank.ledger.deposit(account, 5)  # type: ignore[arg-type]
            for step in done:
                step()
        bank.ledger.deposit(account, 5)  # type: ignore[arg-type]

        history.refresh()

        assert bank.published(STATE) == [(2, 13, 2, 17, 4, 27 + 3 * 5)]
        assert all(result.passed for result in history.prove(everything=True).values())

    def test_rebuilt_mart_replaces_everything(self, bank: Bank, history: Steps) -> None:
        history.publish()
        with database.connect(history.warehouse_url) as warehouse:
            # Built anew by hand, with rows that carry the batch that is published already.
            warehouse.execute("create table marts.built as table marts.stats_weekly")
            warehouse.execute("update marts.built set max_balance = 5000 where max_balance = 2980")
            warehouse.execute("delete from marts.built where max_balance < 100")
            warehouse.execute("drop table marts.stats_weekly")
            warehouse.execute("alter table marts.built rename to stats_weekly")
        published = history.publish("after")

        assert published.row_counts["stats_weekly"]["rows"] == 2
        assert bank.published(
            "select type, count(*), min(metrics ->> 'max_balance') from stats.stats group by type order by type"
        ) == [("daily", 6, "10"), ("monthly", 2, "2980"), ("weekly", 1, "5000")]

    def test_other_time_zone_is_refused(self, history: Steps) -> None:
        history.publish()
        with pytest.raises(TimeZoneChanged, match=r"UTC, fixed at .* TIDEMARK_TIME_ZONE says Europe/Prague"):
            publish(history.warehouse_url, history.publish_url, run_id="x", time_zone="Europe/Prague", proofs=[])

    @pytest.mark.parametrize(("mart", "type_"), [("stats_daily", "numeric"), ("bank_daily", "double precision")])
    def test_figure_of_a_type_that_the_service_does_not_show_is_refused(
        self, bank: Bank, history: Steps, mart: str, type_: str
    ) -> None:
        with database.connect(history.warehouse_url) as warehouse:
            warehouse.execute(f"alter table marts.{mart} alter column inflow type {type_}")
        with pytest.raises(Refused, match=f"bigint, integer, smallint only: {mart}.inflow is {type_}"):
            history.publish()
        assert bank.published("select count(*) from pipeline.publication") == [(0,)]


class TestFigures:
    """Figures are written as JSON by hand."""

    def test_any_number_of_them_under_any_name(self, history: Steps) -> None:
        names = [f"figure_{number}" for number in range(150)]
        names += ["länge", 'with "quotes"', "with 'quotes'", "{braces} %s", "back\\slash"]
        values = sql.SQL(", ").join(
            sql.SQL("{}::bigint as {}").format(
                sql.Literal(None if number % 7 == 0 else -number), sql.Identifier(name)
            )
            for number, name in enumerate(names)
        )
        query = sql.SQL("select ({})::jsonb, to_jsonb(m) from (select {}) as m").format(as_json(names), values)
        with database.connect(history.warehouse_url) as warehouse:
            row = warehouse.execute(query).fetchone()
        assert row is not None
        assert row[0] == row[1]
        assert len(row[0]) == len(names)


class TestAtomic:
    def test_reader_sees_all_or_nothing(self, bank: Bank, history: Steps) -> None:
        stop = threading.Event()
        seen: set[tuple[Any, ...]] = set()
        query = (
            "select (select max(batch_id) from pipeline.publication), "
            "count(*) filter (where metrics ->> 'counterparty_count' = '1'), "
            "sum((metrics ->> 'closing_balance')::bigint) from stats.stats where type <> 'weekly'"
        )

        def read() -> None:
            with database.connect(bank.publish_url) as reader:
                while not stop.is_set():
                    seen.add(reader.execute(query).fetchone() or ())

        thread = threading.Thread(target=read)
        thread.start()
        expected: set[tuple[Any, ...]] = {(None, 0, None)}
        try:
            for closing in range(1, 30):
                batch_id = self.rewrite(history, closing)
                history.publish()
                expected.add((batch_id, 8, 8 * closing))
        finally:
            stop.set()
            thread.join()
        assert seen <= expected
        assert len(seen) > 1

    def rewrite(self, history: Steps, closing: int) -> int:
        """Another batch, in which every row of every mart says something else."""
        with database.connect(history.warehouse_url) as warehouse, warehouse.transaction():
            batch_id = another_batch(warehouse)
            for mart in ("stats_daily", "stats_weekly", "stats_monthly"):
                warehouse.execute(
                    f"update marts.{mart} set closing_balance = %s, counterparty_count = 1, batch_id = %s",
                    (closing, batch_id),
                )
        return batch_id

    def test_killed_after_every_statement(
        self, bank: Bank, history: Steps, kill_publisher: dict[str, int]
    ) -> None:
        for allowed in range(100):
            kill_publisher.update(allowed=allowed, used=0)
            try:
                history.publish("run-1")
            except Killed:
                kill_publisher["allowed"] = 10**9
                assert bank.published(STATE) == [(0, 0, 0, 0, 0, 0)]
            else:
                break
        kill_publisher["allowed"] = 10**9
        assert allowed > 20
        assert bank.published(STATE) == [(1, 10, 2, 17, 3, 27)]


class Killed(BaseException):
    """Ends a publication wherever it is."""


@pytest.fixture
def kill_publisher(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Ends the publication before the statement after the `allowed`-th in the bank."""
    state = {"allowed": 10**9, "used": 0}

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, *args: Any, **options: Any) -> Any:
            count()
            return super().execute(*args, **options)

        def copy(self, *args: Any, **options: Any) -> Any:
            count()
            return super().copy(*args, **options)

    def count() -> None:
        state["used"] += 1
        if state["used"] > state["allowed"]:
            raise Killed

    genuine = database.connect

    def connect(url: str) -> Any:
        connection = genuine(url)
        if url == bank.publish_url:
            connection.cursor_factory = Cursor
        return connection

    monkeypatch.setattr(database, "connect", connect)
    yield state
    state["allowed"] = 10**9
