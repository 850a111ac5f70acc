"""The kickoff and the Dagster of a running bank."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from infra.functions.kickoff.handler import handler
from infra.local.bank import Bank as LocalBank
from tests.e2e.conftest import Bank

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

RUNS = """query ($day: String!) { runsOrError(filter: {tags: [{key: "tidemark/period_end", value: $day}]}) {
  ... on Runs { results { runId jobName status } } } }"""
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


def runs_for(bank: Bank, period_end: str) -> list[dict[str, Any]]:
    question = {"query": RUNS, "variables": {"day": period_end}}
    answer = httpx.post(f"{bank.dagster}/graphql", json=question, timeout=30)
    found: list[dict[str, Any]] = answer.json()["data"]["runsOrError"]["results"]
    return found


def claims(bank: Bank, period_end: str) -> list[tuple[str, str]]:
    with psycopg.connect(LocalBank.running(bank.home).database_url("publisher")) as connection:
        return connection.execute(
            "select kind, run_id from pipeline.close_claim where period_end = %s order by kind", (period_end,)
        ).fetchall()


class TestKickoff:
    def test_an_event_that_comes_twice_closes_its_own_day_once(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TIDEMARK_DAGSTER_GRAPHQL_URL", f"{bank.dagster}/graphql")
        monkeypatch.setenv("TIDEMARK_TIME_ZONE", "UTC")
        # A day that no schedule of this bank has closed: as when a dead letter is replayed.
        day = datetime.now(UTC) - timedelta(days=3)
        event = {"scheduled_at": day.isoformat()}
        first, second = handler(event, None)["closes"], handler(event, None)["closes"]
        period_end = str(day.date())
        assert {close["period_end"] for close in first} == {period_end}
        assert [close["is_new"] for close in first] == [True] * len(first)
        assert second == [{**close, "is_new": False} for close in first]

        deadline = time.monotonic() + 300
        while not all(run["status"] in ENDED for run in runs_for(bank, period_end)):
            assert time.monotonic() < deadline
            time.sleep(1)
        assert {(run["jobName"], run["runId"], run["status"]) for run in runs_for(bank, period_end)} == {
            (close["job"], close["run_id"], "SUCCESS") for close in first
        }
        assert claims(bank, period_end) == sorted((close["job"], close["run_id"]) for close in first)
