"""`tidemark warehouse mend` and `prove`: what they say and start. The job itself: tests/pipelines/history."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from infra import warehouse_commands
from infra.cli import main
from infra.local import admin, stats_run

ROWS = [f"copy: account {n}, transaction 3 (day 2026-03-05)" for n in range(25)]


@dataclass
class Bank:
    """Stands in for a running bank: what is known to be damaged, and whether a job publishes."""

    rows: list[str] = field(default_factory=list)
    days: tuple[str | None, str | None] = (None, None)
    publishes: bool = True
    started: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def mend(self, *options: str) -> Result:
        return CliRunner().invoke(main, ["warehouse", "mend", *options])


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Bank:
    bank = Bank()

    def run(_url: str, tell: Any, _headers: Any, *, job: str, tags: Mapping[str, str]) -> bool:
        bank.started.append((job, tags))
        tell("made raw/day")
        return bank.publishes

    running = SimpleNamespace(dagster_url="http://dagster", operator_headers={})
    monkeypatch.setattr(warehouse_commands, "running_bank", lambda: running)
    monkeypatch.setattr(
        admin,
        "ask_pipeline",
        lambda *_: json.dumps({"rows": bank.rows, "from": bank.days[0], "to": bank.days[1]}),
    )
    monkeypatch.setattr(stats_run, "run_statistics", run)
    return bank


class TestMend:
    def test_known_damage(self, bank: Bank) -> None:
        bank.rows, bank.days = ROWS, ("2026-03-05", "2026-03-07")
        done = bank.mend()
        assert done.exit_code == 0
        lines = done.stdout.splitlines()
        assert lines[0] == "Known to be damaged, rows: 25"
        assert lines[1:21] == [f"  {row}" for row in ROWS[:20]]
        assert lines[21:] == [
            "  … and 5 more",
            "To be made anew: 2026-03-05 to 2026-03-07, read from the ledger, for every account.",
            "made raw/day",
            "Mended, proven and published.",
        ]
        assert bank.started == [
            (
                "backfill",
                {
                    "dagster/asset_partition_range_start": "2026-03-05",
                    "dagster/asset_partition_range_end": "2026-03-07",
                },
            )
        ]

    def test_other_days(self, bank: Bank) -> None:
        assert bank.mend("--from", "2026-01-01", "--to", "2026-01-02").exit_code == 0
        assert list(bank.started[0][1].values()) == ["2026-01-01", "2026-01-02"]

    def test_dry_run_starts_nothing(self, bank: Bank) -> None:
        bank.rows, bank.days = ROWS[:1], ("2026-03-05", "2026-03-05")
        done = bank.mend("--dry-run")
        assert (done.exit_code, bank.started) == (0, [])
        assert "To be made anew: 2026-03-05 to 2026-03-05" in done.stdout

    def test_nothing_is_damaged(self, bank: Bank) -> None:
        done = bank.mend()
        assert (done.exit_code, bank.started) == (0, [])
        assert done.stdout.startswith("Nothing is known to be damaged.")

    def test_what_no_day_mends(self, bank: Bank) -> None:
        bank.rows = ["grand_total: account (all), accounts: expected 3, found 2"]
        done = bank.mend()
        assert (done.exit_code, bank.started) == (1, [])
        assert "tidemark warehouse reload" in done.stderr

    def test_days_the_wrong_way_round(self, bank: Bank) -> None:
        done = bank.mend("--from", "2026-03-05", "--to", "2026-03-04")
        assert (done.exit_code, bank.started) == (1, [])
        assert "--to (2026-03-04) lies before --from (2026-03-05)" in done.stderr

    def test_a_day_that_is_none(self, bank: Bank) -> None:
        assert bank.mend("--from", "yesterday").exit_code == 2

    def test_not_published_is_1_and_says_what_is_left(self, bank: Bank) -> None:
        bank.rows, bank.days, bank.publishes = ROWS[:1], ("2026-03-05", "2026-03-05"), False
        done = bank.mend()
        assert done.exit_code == 1
        assert done.stdout.count("Known to be damaged, rows: 1") == 2
        assert "Not mended. Readers keep the last good statistics." in done.stderr
