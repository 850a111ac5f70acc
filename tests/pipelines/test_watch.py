"""What makes a refresh due, and completeness that advances without one."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from pipelines import database
from pipelines.database import Busy
from pipelines.settings import Databases
from pipelines.watch import Watcher, advance
from tests.cluster import Cluster
from tests.pipelines.conftest import Bank, clone, make_bank
from tests.pipelines.ledger import later
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow

AT_ONCE = timedelta(0)
PUBLICATIONS = "select run_id, batch_id, complete_through, proofs from pipeline.publication order by id"


@pytest.fixture
def watcher(bank: Bank) -> Iterator[Watcher]:
    with (
        database.connect(bank.source_url) as source,
        database.connect(bank.warehouse_url) as warehouse,
        database.connect(bank.publish_url) as published,
    ):
        database.prepare(warehouse)
        yield Watcher(source, warehouse, published)


@pytest.fixture
def databases(bank: Bank) -> Databases:
    return Databases(source_url=bank.source_url, publish_url=bank.publish_url, warehouse_url=bank.warehouse_url)


@pytest.fixture(scope="module")
def published(module_bank: Bank, dbt_target: Path) -> UUID:
    """An account of which everything is published; tests work on copies of its bank."""
    steps = Steps(module_bank.databases, dbt_target)
    account = module_bank.ledger.open_account()
    module_bank.ledger.deposit(account, 10_000, at=later(hours=1))
    steps.extract()
    steps.build()
    steps.publish()
    return account


@pytest.fixture
def bank(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Bank]:
    """A fresh bank, or one with the published account where a test asks for that."""
    if "published" in request.fixturenames:
        request.getfixturevalue("published")
        databases = clone(request.getfixturevalue("module_bank").databases)
    else:
        databases = cluster.create()
    yield make_bank(databases)
    cluster.drop(databases)


class TestReason:
    def test_nothing_was_extracted_yet(self, watcher: Watcher) -> None:
        assert watcher.reason() == "Nothing was extracted yet."

    def test_a_batch_is_not_published_yet(self, watcher: Watcher, steps: Steps) -> None:
        steps.extract()
        assert watcher.reason() == "Batch 1 is not published yet."

    def test_none_when_everything_is_published(self, watcher: Watcher, published: UUID) -> None:
        assert watcher.reason() is None

    def test_a_movement(self, watcher: Watcher, published: UUID, bank: Bank) -> None:
        bank.ledger.deposit(published, 5)
        assert watcher.reason() == "The ledger has new rows."

    def test_an_account(self, watcher: Watcher, published: UUID, bank: Bank) -> None:
        bank.ledger.open_account()
        assert watcher.reason() == "The ledger has new rows."

    def test_a_movement_counts_once_it_is_committed(self, watcher: Watcher, published: UUID, bank: Bank) -> None:
        with psycopg.connect(bank.databases.superuser_url()) as late:
            late.execute(
                "insert into accounts.transfer (kind, source, destination, amount, currency, at) "
                "values ('deposit', 'external:cash', %s, 7, 'EUR', clock_timestamp())",
                (published,),
            )
            assert watcher.reason() is None
        assert watcher.reason() == "The ledger has new rows."

    def test_a_mart_that_was_made_anew(self, watcher: Watcher, published: UUID, bank: Bank) -> None:
        watcher.warehouse.execute("create table marts.other (like marts.stats_daily including all)")
        watcher.warehouse.execute("drop table marts.stats_daily cascade")
        watcher.warehouse.execute("alter table marts.other rename to stats_daily")
        assert watcher.reason() == "The warehouse was made anew since the last publication."


class TestAdvance:
    def test_readers_have_the_same_figures_complete_to_a_later_moment(
        self, databases: Databases, published: UUID, bank: Bank
    ) -> None:
        figures = bank.published("select * from stats.stats order by id")
        advanced = advance(databases, "UTC", AT_ONCE)
        assert advanced is not None
        (run, _, moment, proofs), (run_after, _, moment_after, proofs_after) = bank.published(PUBLICATIONS)
        assert (run_after, proofs_after) == (run, proofs)
        assert moment_after == advanced.complete_through != moment
        assert bank.published("select * from stats.stats order by id") == figures

    def test_again_and_again_leaves_nothing_to_refresh(
        self, databases: Databases, published: UUID, watcher: Watcher, bank: Bank
    ) -> None:
        moments = [advance(databases, "UTC", AT_ONCE) for _ in range(3)]
        assert all(moments)
        # The run's own publication, and the newest word.
        assert len(bank.published(PUBLICATIONS)) == 2
        assert watcher.reason() is None
        bank.ledger.deposit(published, 5)
        assert watcher.reason() == "The ledger has new rows."

    def test_not_before_the_last_one_is_old(self, databases: Databases, published: UUID, bank: Bank) -> None:
        assert advance(databases, "UTC", timedelta(hours=1)) is None
        assert len(bank.published(PUBLICATIONS)) == 1

    def test_not_with_new_rows(self, databases: Databases, published: UUID, bank: Bank) -> None:
        bank.ledger.deposit(published, 5)
        assert advance(databases, "UTC", AT_ONCE) is None
        assert len(bank.published(PUBLICATIONS)) == 1

    def test_not_before_the_first_publication(self, databases: Databases, bank: Bank, watcher: Watcher) -> None:
        assert advance(databases, "UTC", AT_ONCE) is None

    def test_not_while_a_run_is_at_work(self, databases: Databases, published: UUID, bank: Bank) -> None:
        with database.connect(bank.warehouse_url) as run:
            database.lock(run, database.RUN_LOCK, wait_s=1)
            with pytest.raises(Busy):
                advance(databases, "UTC", AT_ONCE)

    def test_not_past_a_writer_that_has_not_ended(self, databases: Databases, published: UUID, bank: Bank) -> None:
        with psycopg.connect(bank.databases.superuser_url()) as late:
            began = late.execute(
                "insert into accounts.transfer (kind, source, destination, amount, currency, at) "
                "values ('deposit', 'external:cash', %s, 7, 'EUR', clock_timestamp()) returning now()",
                (published,),
            ).fetchone()
            advanced = advance(databases, "UTC", AT_ONCE)
            assert advanced is not None
            assert began is not None
            assert advanced.complete_through <= began[0]
