"""Dagster's storage over connections that stay open."""

from collections.abc import Iterator

import psycopg
import pytest
from dagster_postgres.event_log import PostgresEventLogStorage, event_log
from sqlalchemy import text

from pipelines import dagster_storage
from pipelines.dagster_storage import PooledPostgresStorage
from tests.cluster import Cluster, Databases

pytestmark = pytest.mark.slow


@pytest.fixture
def databases(cluster: Cluster) -> Iterator[Databases]:
    created = cluster.create(is_migrated=False)
    yield created
    cluster.drop(created)


@pytest.fixture
def events(databases: Databases) -> Iterator[PostgresEventLogStorage]:
    url = databases.dagster_url.replace("postgresql", "postgresql+psycopg2")
    storage = PooledPostgresStorage.from_config_value(None, {"postgres_url": url})
    yield storage._event_log_storage
    storage._event_log_storage._engine.dispose()


def asked(events: PostgresEventLogStorage, question: str) -> object:
    with events.index_connection() as connection:
        return connection.execute(text(question)).scalar()


class TestConnections:
    def test_are_used_again(self, events: PostgresEventLogStorage) -> None:
        assert asked(events, "select pg_backend_pid()") == asked(events, "select pg_backend_pid()")

    def test_one_that_the_server_closed_is_replaced(
        self, events: PostgresEventLogStorage, databases: Databases, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dagster_storage, "TRUSTED_S", 0.0)
        pid = asked(events, "select pg_backend_pid()")
        with psycopg.connect(databases.superuser_url("postgres")) as other:
            other.execute("select pg_terminate_backend(%s, 10000)", (pid,))
        assert asked(events, "select pg_backend_pid()") != pid

    def test_another_storage_of_the_process_uses_them_and_looks_for_no_tables(
        self, events: PostgresEventLogStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pid = asked(events, "select pg_backend_pid()")
        monkeypatch.setattr(event_log, "retry_pg_connection_fn", lambda _look: pytest.fail("it looked"))
        again = PooledPostgresStorage.from_config_value(None, {"postgres_url": events.postgres_url})
        assert asked(again._event_log_storage, "select pg_backend_pid()") == pid

    def test_wait_for_no_disk(self, events: PostgresEventLogStorage) -> None:
        assert asked(events, "show synchronous_commit") == "off"


class TestIndexes:
    def test_a_new_storage_finds_the_checks_of_a_run(self, events: PostgresEventLogStorage) -> None:
        found = "select count(*) from pg_indexes where indexname = 'idx_asset_check_executions_run'"
        assert asked(events, found) == 1
