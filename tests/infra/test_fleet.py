"""The fleet on one machine: its limits, what Envoy tells it, what it keeps, and how it is asked."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from infra.functions.scaler.decide import Demand
from infra.local.bank import Bank
from infra.local.errors import LocalError
from infra.local.fleet.demand import Look, read_looks
from infra.local.fleet.door import ask, open_door
from infra.local.fleet.fleet import Fleet
from infra.local.fleet.limits import limits_of
from infra.local.fleet.memory import CHANGES_MAX, Change, Memory
from infra.local.fleet.view import fleet_view
from infra.local.settings import INSTANCES_MAX
from infra.local.state import StateFolder
from tests.infra.test_bank import bank_with


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with StateFolder(tmp_path / "bank").open(None):
        return tmp_path / "bank"


class TestLimits:
    @pytest.fixture(autouse=True)
    def three_cores(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("os.cpu_count", lambda: 3)

    def bounds(
        self, bank: Bank, pins: dict[str, int] | None = None, *, is_automatic: bool
    ) -> list[tuple[int, int]]:
        found = limits_of(bank, 140, pins or {}, is_automatic=is_automatic)
        return [(limit.floor, limit.ceiling) for limit in found.services.values()]

    def test_without_autoscale_it_is_the_number_of_the_settings(self, home: Path) -> None:
        assert self.bounds(bank_with(home), {}, is_automatic=False) == [(1, 1), (2, 2), (1, 1), (1, 1)]

    def test_with_it_up_to_twice_the_cores(self, home: Path) -> None:
        bank = bank_with(home, TIDEMARK_STATS_INSTANCES="8")
        assert self.bounds(bank, {}, is_automatic=True) == [(1, 6), (2, 6), (8, 8), (1, 6)]

    @pytest.mark.parametrize("is_automatic", [True, False])
    def test_a_person_may_pin_any_number(self, home: Path, is_automatic: bool) -> None:
        pins = {"accounts": 1, "stats": 9}
        found = self.bounds(bank_with(home), pins, is_automatic=is_automatic)
        assert found[1:3] == [(1, INSTANCES_MAX), (1, INSTANCES_MAX)]

    def test_connections_follow_the_pool_of_each_service(self, home: Path) -> None:
        found = limits_of(bank_with(home, TIDEMARK_POOL_SIZE="3"), 140, {}, is_automatic=True)
        assert {(limit.connections, limit.requests) for limit in found.services.values()} == {(3, 3)}

    def test_a_database_that_is_too_small_still_has_the_floors(self, home: Path) -> None:
        assert limits_of(bank_with(home), -10, {}, is_automatic=True).connections == 50


class TestReadLooks:
    def test_gauges_counters_and_the_last_seconds_latency(self) -> None:
        histogram = {
            "supported_quantiles": [0, 50, 95, 100],
            "computed_quantiles": [
                {
                    "name": "cluster.accounts.upstream_rq_time",
                    "values": [{"interval": value, "cumulative": 9000} for value in (1, 20, 250, 300)],
                },
                {
                    "name": "cluster.stats.upstream_rq_time",
                    "values": [{"interval": None, "cumulative": 9000} for _ in range(4)],
                },
            ],
        }
        found = read_looks(
            [
                {"name": "cluster.accounts.upstream_rq_active", "value": 7},
                {"name": "cluster.accounts.upstream_rq_pending_active", "value": 2},
                {"name": "cluster.accounts.upstream_rq_pending_overflow", "value": 4},
                {"histograms": histogram},
            ]
        )
        assert found == {"users": Look(), "accounts": Look(9, 4, 0.25), "stats": Look(), "events": Look()}


class TestMemory:
    def test_is_there_again(self, tmp_path: Path) -> None:
        memory = Memory(tmp_path / "fleet.json", pins={"accounts": 3})
        memory.note(Change(1.5, "accounts", 2, 3, "Somebody pinned it to 3"), {"accounts": 0.25})
        assert Memory.read(memory.path) == memory

    def test_forgets_the_oldest_changes(self, tmp_path: Path) -> None:
        memory = Memory(tmp_path / "fleet.json", changes=[Change(0, "users", 1, 2, "")] * CHANGES_MAX)
        memory.note(Change(1, "users", 2, 1, ""), {})
        assert len(Memory.read(memory.path).changes) == CHANGES_MAX
        assert Memory.read(memory.path).changes[-1].at == 1

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"pins": [], "instance_hours": {}, "changes": []}', "{"])
    def test_what_can_t_be_read_is_nothing(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "fleet.json").write_text(content)
        assert Memory.read(tmp_path / "fleet.json") == Memory(tmp_path / "fleet.json")


class Told:
    """Stands in for a fleet: notes what is pinned."""

    def __init__(self) -> None:
        self.pins: list[tuple[str, int | None]] = []
        self.is_disk_full = False

    async def pin(self, service: str, instances: int | None) -> None:
        if self.is_disk_full:
            raise OSError(28, "No space left on device")
        self.pins.append((service, instances))

    def to_json(self) -> dict[str, Any]:
        return {"pins": self.pins}


def through(told: Told, path: Path, question: Callable[[], Any]) -> Any:
    async def scenario() -> Any:
        async with open_door(cast(Fleet, told), path):
            return await asyncio.to_thread(question)

    return asyncio.run(scenario())


class TestDoor:
    @pytest.mark.parametrize("instances", [1, INSTANCES_MAX, None])
    def test_pins_and_tells(self, tmp_path: Path, instances: int | None) -> None:
        path = tmp_path / "door"
        told = through(Told(), path, lambda: ask(path, "accounts", instances))
        assert told == {"pins": [["accounts", instances]]}

    def test_only_tells(self, tmp_path: Path) -> None:
        path = tmp_path / "door"
        assert through(Told(), path, lambda: ask(path)) == {"pins": []}

    @pytest.mark.parametrize(
        ("service", "instances", "text"),
        [
            ("nobody", 1, "There is no service 'nobody'. There are: users, accounts, stats, events."),
            ("users", 0, "A service has 1 to 10 instances on one machine."),
            ("users", 11, "A service has 1 to 10 instances on one machine."),
            ("users", True, "A service has 1 to 10 instances on one machine."),
        ],
    )
    def test_refuses(self, tmp_path: Path, service: str, instances: int, text: str) -> None:
        told, path = Told(), tmp_path / "door"
        with pytest.raises(LocalError, match=f"^{text}$"):
            through(told, path, lambda: ask(path, service, instances))
        assert told.pins == []

    def test_a_full_disk_is_told(self, tmp_path: Path) -> None:
        told, path = Told(), tmp_path / "door"
        told.is_disk_full = True
        with pytest.raises(LocalError, match="No space left on device"):
            through(told, path, lambda: ask(path, "users", 2))

    def test_nobody_there(self, tmp_path: Path) -> None:
        with pytest.raises(LocalError, match="does not answer"):
            ask(tmp_path / "door")


class TestView:
    def test_shows_demand_decision_reason_hours_and_changes(self) -> None:
        service = {"instances": 3, "floor": 2, "ceiling": 6, "pinned": None, "instance_hours": 1.25}
        told = {
            "is_automatic": True,
            "connections": {"of_all": 140, "used": 40},
            "services": {
                "accounts": {
                    **service,
                    "demand": vars(Demand(20.5, 1, 0.25)),
                    "reason": "20.5 requests are in flight",
                },
                "stats": {**service, "demand": None, "reason": "Its demand is not known"},
            },
            "changes": [{"at": 0.0, "service": "accounts", "before": 2, "after": 3, "reason": "because"}],
        }
        console = Console(width=160, file=io.StringIO())
        console.print(fleet_view(told))
        text = console.file.getvalue()  # type: ignore[attr-defined]
        for part in ("40 of 140", "2–6", "20.5", "0.250 s", "1.25", "?", "2 → 3", "because"):
            assert part in text
