"""The scaler on AWS Lambda: each minute, at an alarm, or when a person calls."""

import json
import math
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.functions.scaler.cloud import Cloud, State
from infra.functions.scaler.decide import Decision, Decisions, Demand, Limits, decide
from infra.functions.scaler.settings import ScalerSettings

ACU_STEP = 0.5
AUTO = "auto"


class EventError(ValueError):
    """A person asks for what can't be."""


class NotDone(Exception):
    """AWS refused a part; the rest was done, and the next call tries again."""


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Decide and act; a `service` and its `instances` (a number or "auto") in the event pin it first.

    Gives of each service demand, decision, reason and instance-hours. Raises EventError, NotDone, SettingsError,
    LimitsError.
    """
    settings = ScalerSettings.read()
    return scale(settings, Cloud(settings), event, time.time())


def scale(settings: ScalerSettings, cloud: Cloud, event: Any, now: float) -> dict[str, Any]:
    """The handler's work, at a Unix time."""
    faults: list[str] = []
    before = cloud.read_state()
    pins = _pins(before.pins, settings, event)
    limits = settings.limits(pins)
    warm = cloud.warm()
    there = {name: Decision(least, "It was there", now) for name, (least, _) in warm.items()}
    last = there | before.decisions
    demand: dict[str, Demand] = {}
    _attempt(faults, lambda: demand.update(cloud.demand(now)))
    decided = decide(demand, limits, now, last)
    # Those that go first: together there are never more connections than the database has.
    for name in sorted(decided, key=lambda each: decided[each].instances - warm.get(each, (0, 0))[0]):
        service, limit, number = settings.services[name], limits.services[name], decided[name].instances
        _attempt(faults, cloud.set_ceiling, service, limit)
        if warm.get(name) != (number, limit.ceiling):
            _attempt(faults, cloud.keep_warm, service, number, limit)
    _attempt(faults, cloud.set_capacity, capacity_floor(decided, limits, settings))
    state = State(decided, pins)
    if _what_counts(state) != _what_counts(before):
        _attempt(faults, cloud.keep_state, state)
    told = {name: _shown(name, demand.get(name), limits, last, decided, now) for name in decided}
    for each in told.values():
        print(json.dumps(each), flush=True)
    if faults:
        raise NotDone("; ".join(faults))
    return {"services": told}


def capacity_floor(decided: Decisions, limits: Limits, settings: ScalerSettings) -> float:
    """The database's floor in ACU: as much of the room between its bounds as of its connections is in use."""
    used = sum(decided[name].instances * limit.connections for name, limit in limits.services.items())
    room = settings.capacity_max - settings.capacity_min
    exact = settings.capacity_min + room * used / limits.connections
    return max(settings.capacity_min, math.floor(exact / ACU_STEP) * ACU_STEP)


def _pins(pins: dict[str, int], settings: ScalerSettings, event: Any) -> dict[str, int]:
    if not isinstance(event, dict) or "service" not in event:
        return {name: number for name, number in pins.items() if name in settings.services}
    name, number = event["service"], event.get("instances")
    if name not in settings.services:
        raise EventError(f"There is no service {name!r}. There are: {', '.join(settings.services)}.")
    if number == AUTO:
        return {other: pin for other, pin in pins.items() if other != name}
    ceiling = settings.limits({}).services[name].ceiling
    if type(number) is not int or not 1 <= number <= ceiling:
        raise EventError(f'"instances" of {name} must be a number from 1 to {ceiling}, or "{AUTO}".')
    return {**pins, name: number}


def _attempt(faults: list[str], act: Callable[..., None], *arguments: Any) -> None:
    try:
        act(*arguments)
    except (ClientError, BotoCoreError) as error:
        faults.append(str(error))


def _what_counts(state: State) -> Any:
    """Reasons change with every figure, and are logged."""
    return state.pins, {
        name: (each.instances, each.changed_at, each.low_since) for name, each in state.decisions.items()
    }


def _shown(
    name: str, demand: Demand | None, limits: Limits, last: Decisions, decided: Decisions, now: float
) -> dict[str, Any]:
    limit, decision = limits.services[name], decided[name]
    return {
        "service": name,
        "demand": vars(demand) if demand else None,
        "before": last[name].instances if name in last else None,
        "instances": decision.instances,
        "floor": limit.floor,
        "ceiling": limit.ceiling,
        "pinned": limit.pinned,
        "reason": decision.reason,
        "instance_hours": round(decision.hours_at(now), 3),
    }
