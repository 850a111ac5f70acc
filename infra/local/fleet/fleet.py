"""Keeps each service at the number of instances that is decided, while requests run."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import psutil
import psycopg

from infra.functions.scaler.decide import Decision, Demand, Limits, decide
from infra.local import processes
from infra.local.bank import Bank
from infra.local.bank_parts import gateway_of, instance
from infra.local.errors import LocalError
from infra.local.fleet.demand import Gauge
from infra.local.fleet.limits import limits_of, read_connections
from infra.local.fleet.memory import Change, Memory
from infra.local.ports import trouble
from infra.local.services import SERVICES
from infra.local.supervisor import Supervisor

logger = logging.getLogger("tidemark.up")
TICK_S = 1.0
# Where demand is only shown.
QUIET_TICK_S = 5.0
KEEP_EVERY_S = 600.0
# What did not start is not tried again at once.
FAILED_PAUSE_S = 60.0
# Above the longest time that the gateway gives a request.
DRAIN_WITHIN_S = 35.0
POLL_S = 0.1


class Fleet:
    """The services' instances of a running bank. `tell(name, event)` hears what happens, as the supervisor's."""

    def __init__(
        self, bank: Bank, supervisor: Supervisor, tell: Callable[[str, str], None], *, is_automatic: bool
    ) -> None:
        self._bank = bank
        self._supervisor = supervisor
        self._tell = tell
        self._is_automatic = is_automatic
        self._gateway = gateway_of(bank)
        self._gauge = Gauge(self._gateway.admin_socket)
        self._memory = Memory.read(bank.state.fleet_file)
        self._lock = asyncio.Lock()
        self._connections: int | None = None
        self._demand: dict[str, Demand] = {}
        self._paused_until = dict.fromkeys(SERVICES, 0.0)
        self._kept_at = now = time.time()
        self._last = {
            service: Decision(
                number, "the start", now, instance_hours=self._memory.instance_hours.get(service, 0.0)
            )
            for service, number in bank.settings.instances.items()
        }

    async def run(self) -> None:
        """Look, decide and act, again and again, until cancelled."""
        try:
            while True:
                async with self._lock:
                    await self._tick_or_tell()
                await asyncio.sleep(TICK_S if self._is_automatic else QUIET_TICK_S)
        finally:
            with contextlib.suppress(OSError):
                self._memory.keep(self._hours())
            await self._gauge.close()

    async def pin(self, service: str, instances: int | None) -> None:
        """Pin a service to a number, or leave it to demand again; returns when it has so many. Raises OSError."""
        async with self._lock:
            before = self._memory.pins
            pins = {**before, service: instances}
            self._memory.pins = {name: pin for name, pin in pins.items() if pin is not None}
            try:
                self._memory.keep(self._hours())
            except OSError:
                self._memory.pins = before
                raise
            self._paused_until[service] = 0.0
            await self._tick()

    def to_json(self) -> dict[str, Any]:
        """What `tidemark scale` shows."""
        limits = self._limits()
        hours = self._hours()
        return {
            "is_automatic": self._is_automatic,
            "connections": {"of_all": limits.connections, "used": self._used_connections(limits)},
            "services": {
                service: {
                    "instances": self._last[service].instances,
                    "floor": limit.floor,
                    "ceiling": limit.ceiling,
                    "pinned": limit.pinned,
                    "demand": vars(self._demand[service]) if service in self._demand else None,
                    "reason": self._last[service].reason,
                    "instance_hours": round(hours[service], 3),
                }
                for service, limit in limits.services.items()
            },
            "changes": self._memory.to_json()["changes"],
        }

    async def _tick_or_tell(self) -> None:
        try:
            await self._tick()
        except Exception as error:
            # Whatever nobody foresaw here must not end the bank: it runs on with the instances that it has.
            logger.exception("the fleet")
            self._tell("fleet", f"failed ({type(error).__name__}), and goes on")
            await asyncio.sleep(FAILED_PAUSE_S)

    async def _tick(self) -> None:
        try:
            self._demand = await self._gauge.demand()
        except (httpx.HTTPError, ValueError, KeyError):
            self._demand = {}
        if self._connections is None:
            # What it can't say now it says later; until then nobody gets more than there is.
            with contextlib.suppress(psycopg.Error):
                self._connections = await asyncio.to_thread(read_connections, self._bank)
        now = time.time()
        decided = decide(self._demand, self._limits(), now, self._last)
        # Those that go first: together there are never more connections than the database has.
        for service in sorted(SERVICES, key=lambda each: decided[each].instances - self._last[each].instances):
            if now >= self._paused_until[service]:
                await self._follow(service, decided[service])
        if now - self._kept_at > KEEP_EVERY_S:
            self._kept_at = now
            self._remember(None)

    async def _follow(self, service: str, decision: Decision) -> None:
        before = self._last[service].instances
        there = before
        try:
            while there < decision.instances:
                await self._start(service, there + 1)
                there += 1
            while there > decision.instances:
                there -= 1
                await self._end(service, there + 1)
        except LocalError as error:
            self._paused_until[service] = time.time() + FAILED_PAUSE_S
            reason = f"Another could not be started: {error}"
            decision = replace(decision, instances=there, reason=reason.splitlines()[0])
        self._last[service] = decision
        if there != before or self._paused_until[service] > time.time():
            self._remember(Change(time.time(), service, before, there, decision.reason))
            self._tell(service, f"has {there} instances, had {before}: {decision.reason}")

    async def _start(self, service: str, number: int) -> None:
        part = instance(self._bank, service, number)
        if part.port and (problem := trouble(part.name, part.port)):
            raise LocalError(problem)
        await self._supervisor.add(part)
        self._write_endpoints(service, number)

    async def _end(self, service: str, number: int) -> None:
        """Whoever is being served gets the answer: first nothing new arrives, then it ends."""
        name = instance(self._bank, service, number).name
        port = self._bank.instance_ports(service, number)[-1]
        self._write_endpoints(service, number - 1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_WITHIN_S):
                while await self._is_listed(service, port) or await asyncio.to_thread(
                    _is_connected, self._supervisor.pid(name), port
                ):
                    await asyncio.sleep(POLL_S)
        await self._supervisor.remove(name)

    async def _is_listed(self, service: str, port: int) -> bool:
        try:
            return await self._gauge.is_listed(service, port)
        except httpx.HTTPError:
            # A gateway that is being started anew reads the new file.
            return False

    def _write_endpoints(self, service: str, instances: int) -> None:
        try:
            self._gateway.write_endpoints(service, self._bank.instance_ports(service, instances))
        except OSError as error:
            raise LocalError(f"the gateway's file can't be written ({error.strerror})") from None

    def _limits(self) -> Limits:
        return limits_of(self._bank, self._connections or 0, self._memory.pins, is_automatic=self._is_automatic)

    def _used_connections(self, limits: Limits) -> int:
        return sum(self._last[service].instances * limit.connections for service, limit in limits.services.items())

    def _hours(self) -> dict[str, float]:
        return {service: decision.hours_at(time.time()) for service, decision in self._last.items()}

    def _remember(self, change: Change | None) -> None:
        with contextlib.suppress(OSError):
            if change:
                self._memory.note(change, self._hours())
            else:
                self._memory.keep(self._hours())


def _is_connected(pid: int | None, port: int) -> bool:
    """Whether somebody holds a connection to this port of the process (or those it started)."""
    if pid is None:
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in processes.with_descendants([psutil.Process(pid)]):
            with contextlib.suppress(psutil.Error):
                for connection in process.net_connections("tcp"):
                    if connection.laddr.port == port and connection.status == psutil.CONN_ESTABLISHED:
                        return True
    return False
