"""How instances come and go: in which order, and what happens when one does not start."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from infra.functions.scaler.decide import Demand
from infra.local.bank import Bank
from infra.local.errors import LocalError
from infra.local.fleet import fleet as module
from infra.local.fleet.demand import Gauge
from infra.local.fleet.fleet import Fleet
from infra.local.fleet.memory import Memory
from infra.local.services import SERVICES
from infra.local.state import StateFolder
from infra.local.supervised import Part
from tests.infra.test_bank import bank_with


class Stage:
    """A fleet without processes: `steps` are what it did, `sick` the parts that don't start."""

    def __init__(self, bank: Bank, monkeypatch: pytest.MonkeyPatch, *, is_automatic: bool = False) -> None:
        self.steps: list[str] = []
        self.told: list[str] = []
        self.sick: set[str] = set()
        self.demand: dict[str, Demand] | None = None
        self.bank = bank
        monkeypatch.setattr(module, "read_connections", lambda _: 140)
        monkeypatch.setattr(module, "trouble", lambda part, port: "")
        monkeypatch.setattr(Gauge, "demand", self._demand)
        monkeypatch.setattr(Gauge, "is_listed", self._is_listed)
        self.fleet = Fleet(
            bank,
            self,  # type: ignore[arg-type]
            lambda name, event: self.told.append(f"{name} {event}"),
            is_automatic=is_automatic,
        )

    async def add(self, part: Part) -> None:
        if part.name in self.sick:
            raise LocalError(f"{part.name} keeps ending")
        self.steps.append(f"start {part.name}, {self.listed()} listed")

    async def remove(self, name: str) -> None:
        self.steps.append(f"end {name}, {self.listed()} listed")

    def pid(self, name: str) -> None:
        return None

    def listed(self) -> int:
        """How many instances of the accounts service the gateway's file has; 2 at first."""
        file = self.bank.state.envoy / "accounts.json"
        if not file.exists():
            return 2
        [group] = json.loads(file.read_text())["resources"][0]["endpoints"]
        return len(group["lb_endpoints"])

    async def _demand(self) -> dict[str, Demand]:
        if self.demand is None:
            raise httpx.ConnectError("no gateway")
        return self.demand

    async def _is_listed(self, service: str, port: int) -> bool:
        return False


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    with StateFolder(tmp_path / "bank").open(None):
        return bank_with(tmp_path / "bank")


class TestPin:
    def test_an_instance_is_listed_when_it_is_there_and_no_more_before_it_goes(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage = Stage(bank, monkeypatch)

        async def scenario() -> None:
            await stage.fleet.pin("accounts", 3)
            await stage.fleet.pin("accounts", 1)

        asyncio.run(scenario())
        assert stage.steps == [
            "start accounts-3, 2 listed",
            "end accounts-3, 2 listed",
            "end accounts-2, 1 listed",
        ]
        assert stage.listed() == 1
        assert stage.told == [
            "accounts has 3 instances, had 2: Somebody pinned it to 3",
            "accounts has 1 instances, had 3: Somebody pinned it to 1",
        ]
        kept = Memory.read(bank.state.fleet_file)
        assert kept.pins == {"accounts": 1}
        assert [(change.before, change.after) for change in kept.changes] == [(2, 3), (3, 1)]

    def test_one_that_does_not_start_is_told_and_not_tried_again_at_once(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage = Stage(bank, monkeypatch)
        stage.sick = {"accounts-4"}
        asyncio.run(stage.fleet.pin("accounts", 5))
        told = stage.fleet.to_json()["services"]["accounts"]
        assert told["instances"] == stage.listed() == 3
        assert told["reason"] == "Another could not be started: accounts-4 keeps ending"
        assert len(stage.told) == 1

    def test_a_port_that_is_taken_is_named(self, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
        stage = Stage(bank, monkeypatch)
        monkeypatch.setattr(module, "trouble", lambda part, port: f"port {port.number} ({part}) is in use")
        asyncio.run(stage.fleet.pin("accounts", 3))
        assert stage.steps == []
        reason = stage.fleet.to_json()["services"]["accounts"]["reason"]
        assert reason == f"Another could not be started: port {bank.ports.accounts + 2} (accounts-3) is in use"

    def test_without_the_database_s_connections_nobody_gets_more(
        self, bank: Bank, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage = Stage(bank, monkeypatch)
        monkeypatch.setattr(module, "read_connections", lambda _: 60)
        asyncio.run(stage.fleet.pin("accounts", 9))
        told = stage.fleet.to_json()
        assert (told["services"]["accounts"]["instances"], told["connections"]) == (3, {"of_all": 60, "used": 60})
        assert "no connections for the 9 that are wanted" in told["services"]["accounts"]["reason"]


class TestRun:
    def test_demand_moves_the_number_where_it_may(self, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("os.cpu_count", lambda: 3)
        monkeypatch.setattr(module, "TICK_S", 0.001)
        clock = [2_000_000_000.0]
        monkeypatch.setattr(module.time, "time", lambda: clock[0])
        stage = Stage(bank, monkeypatch, is_automatic=True)
        # Long after the start: the waits are over.
        clock[0] += 1000
        stage.demand = {service: Demand(35) if service == "accounts" else Demand() for service in SERVICES}

        async def scenario() -> None:
            running = asyncio.create_task(stage.fleet.run())
            while len(stage.steps) < 3:
                await asyncio.sleep(0.001)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        asyncio.run(asyncio.wait_for(scenario(), 30))
        assert [step.split(",")[0] for step in stage.steps] == [f"start accounts-{number}" for number in (3, 4, 5)]
