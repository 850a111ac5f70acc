"""Each benchmark's code runs from end to end, at a size at which its numbers mean nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import extract, ledger, login, rebuild, refresh, stats
from tests.bench.__main__ import inhabit
from tests.bench.bank import ServingBank, serving_bank
from tests.bench.report import Table
from tests.cluster import Cluster
from tests.e2e.people import Person

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


def test_extract(cluster: Cluster, tmp_path: Path) -> None:
    size = extract.Size(rounds=1, accounts=20, rows=400, dlt_rows=200, dlt_backends=("pyarrow",))

    (table,) = extract.run(cluster, size, tmp_path, tell)

    assert len(table.rows) == 3


def test_refresh(cluster: Cluster, tmp_path: Path) -> None:
    size = refresh.Size(rows=(1000,), accounts=20, new=10, rounds=1)

    (table,) = refresh.run(cluster, size, tmp_path, tell)

    assert names(table) == [*refresh.STEPS, "all"]


def test_rebuild(cluster: Cluster, tmp_path: Path) -> None:
    size = rebuild.Size(rows=1000, accounts=20, rounds=1)

    (table,) = rebuild.run(cluster, size, tmp_path, tell)

    assert names(table) == [*refresh.STEPS, rebuild.ALL, rebuild.HAND, rebuild.DUCKDB]
