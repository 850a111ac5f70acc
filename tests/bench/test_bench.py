"""Each benchmark's code runs from end to end, at a size at which its numbers mean nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.dagster_home import URL_VARIABLE
from tests.bench import extract, freshness, idle, ledger, login, rebuild, refresh, runs, stats
from tests.bench.__main__ import inhabit
from tests.bench.bank import ServingBank, serving_bank
from tests.bench.report import Table
from tests.cluster import Cluster
from tests.e2e.people import Person

pytestmark = pytest.mark.slow

LEDGER = ledger.Size(rounds=1, seconds=1, accounts=20, tpcb_scale=1, clients=2, array=5)


def tell(_text: str) -> None:
    """Nobody listens."""


def names(table: Table) -> list[str]:
    """The first column."""
    return [row[0] for row in table.rows]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingBank]:
    """A bank without its pipeline and app."""
    with serving_bank(tmp_path_factory.mktemp("bench") / "bank") as bank:
        yield bank


@pytest.fixture(scope="module")
def people(bank: ServingBank) -> list[Person]:
    """Who own the accounts."""
    return inhabit(bank, LEDGER.accounts)


class TestServed:
    """What is measured through a running bank."""

    def test_ledger(self, bank: ServingBank, people: list[Person], tmp_path: Path) -> None:
        posting, latency = ledger.run(bank, people, LEDGER, None, tmp_path, tell)

        assert names(posting) == [
            "pgbench TPC-B",
            "accounts.post, one by one",
            "the same with an Idempotency-Key",
            "accounts.post, arrays of 5",
            "POST /account/transfer through the gateway",
        ]
        assert len(posting.remarks) == 1
        assert [row[-1] for row in latency.rows] == ["0", "0"]

    def test_login_flood(self, bank: ServingBank, people: list[Person]) -> None:
        size = login.Size(rounds=1, seconds=0.5, flood_connections=2)

        (table,) = login.run(bank, people, size, LEDGER, tell)

        assert [row[3] for row in table.rows] == ["0", "0"]

    def test_stats(self, bank: ServingBank, people: list[Person]) -> None:
        (table,) = stats.run(bank, people[0], stats.Size(accounts=20, days=100, requests=10), tell)

        assert names(table) == ["bare query", "API", "over it"]


class TestWithPipeline:
    """What is measured of a bank with its pipeline, but without its app."""

    @pytest.fixture(scope="class")
    def bank(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingBank]:
        with serving_bank(tmp_path_factory.mktemp("fresh") / "bank", has_pipeline=True) as bank:
            yield bank

    def test_freshness(self, bank: ServingBank, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(freshness, "DOCUMENTED_WITHIN_S", 0.0)
        size = freshness.Size(deposits=2, beside=2, transfers=2, accounts=20, patience_s=120)

        table, steps = freshness.run(bank, inhabit(bank, size.accounts), size, tell)

        assert names(table) == ["commit → published", "beside 2 transfers/s"]
        assert "inf" not in str(table.rows)
        assert {"extract", "dbt_models", "stats__publication"} < set(names(steps))

    def test_idle(self, bank: ServingBank, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(idle, "DOCUMENTED_WITHIN_S", 0.0)

        cpu, disk = idle.run(bank, 0.02, tell)

        assert {"tidemark up", "postgres", "pipelines", "gateway", "all"} < set(names(cpu))
        assert names(disk)[-1] == "all but postgres/pg_wal"


def test_runs(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, "")

    (table,) = runs.run(cluster, runs.Size(runs=20, looks=1), tmp_path, tell)

    assert "the list of runs" in names(table)
    assert names(table)[-1] == "start"


def test_extract(cluster: Cluster, tmp_path: Path) -> None:
    size = extract.Size(rounds=1, accounts=20, rows=400, dlt_rows=200, dlt_backends=("pyarrow",))

    (table,) = extract.run(cluster, size, tmp_path, tell)

    assert len(table.rows) == 3


def test_refresh(cluster: Cluster, tmp_path: Path) -> None:
    size = refresh.Size(rows=(1000,), accounts=20, new=10, rounds=1)

    later, close = refresh.run(cluster, size, tmp_path, tell)

    assert names(later) == names(close) == [*refresh.STEPS, "all"]


def test_rebuild(cluster: Cluster, tmp_path: Path) -> None:
    size = rebuild.Size(rows=1000, accounts=20, rounds=1)

    (table,) = rebuild.run(cluster, size, tmp_path, tell)

    assert names(table) == [*refresh.STEPS, rebuild.ALL, rebuild.HAND, rebuild.DUCKDB]
