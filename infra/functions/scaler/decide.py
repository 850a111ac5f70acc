"""How many instances each service should have: a pure function of demand, limits, time and the last decision.

An instance is wanted for every TARGET of its capacity that is in use, and given back when the rest could do with
CALM of theirs: between the two nothing changes. More come after `out_after_s` since the last change, fewer when
demand has stayed low for `in_after_s`, and at most half of them at a time.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

TARGET = 0.7
CALM = 0.5
HOUR_S = 3600


class LimitsError(ValueError):
    """Limits that no number of instances can keep."""


@dataclass(frozen=True)
class Demand:
    """What a service is asked for at the moment.

    `in_flight` requests are at work or waiting, `refused` found no room since the last look, `latency_s` is the
    95th percentile.
    """

    in_flight: float = 0
    refused: int = 0
    latency_s: float = 0


@dataclass(frozen=True)
class Limit:
    """What holds for one service. An instance serves `requests` at once over `connections` to the database.

    `pinned` is a person's number; it counts in place of demand, within floor and ceiling. A latency above
    `latency_max_s` asks for another instance, while those there are at work.
    """

    floor: int
    ceiling: int
    requests: int
    connections: int
    latency_max_s: float = 1.0
    pinned: int | None = None


@dataclass(frozen=True)
class Limits:
    """What holds for all services together: `connections` is what the database has for them."""

    services: Mapping[str, Limit]
    connections: int
    out_after_s: float
    in_after_s: float

    def __post_init__(self) -> None:
        for name, limit in self.services.items():
            if not 1 <= limit.floor <= limit.ceiling:
                raise LimitsError(
                    f"{name}: floor {limit.floor} and ceiling {limit.ceiling} must be 1 or more in order."
                )
            if limit.requests < 1 or limit.connections < 1:
                raise LimitsError(f"{name}: an instance serves a request and has a connection at least.")
        needed = sum(limit.floor * limit.connections for limit in self.services.values())
        if needed > self.connections:
            raise LimitsError(f"The floors need {needed} connections, the database has {self.connections}.")


@dataclass(frozen=True)
class Decision:
    """What was decided for one service, and what the next decision must know.

    Since `changed_at` there are so many `instances`; since `low_since` fewer would do. Times are Unix times.
    `instance_hours` were used up to `changed_at`.
    """

    instances: int
    reason: str
    changed_at: float
    low_since: float | None = None
    instance_hours: float = field(default=0.0)

    def hours_at(self, now: float) -> float:
        """Instances × hours since the first decision."""
        return self.instance_hours + self.instances * max(0.0, now - self.changed_at) / HOUR_S


Decisions = Mapping[str, Decision]


def decide(demand: Mapping[str, Demand], limits: Limits, now: float, last: Decisions) -> dict[str, Decision]:
    """The number for each service of the limits, never outside of its floor and ceiling.

    All instances together never have more connections than the database has for them: what is there keeps its
    share first, then those who want more take turns. A service of which no demand is known stays as it is; one
    without a last decision begins at its floor.
    """
    begun = {
        name: last.get(name) or Decision(limit.floor, "It begins at its floor", now)
        for name, limit in limits.services.items()
    }
    wishes = {
        name: _wish(demand.get(name), limits, limit, now, begun[name]) for name, limit in limits.services.items()
    }
    granted = {name: limit.floor for name, limit in limits.services.items()}
    _share_out(granted, {name: min(wishes[name].instances, begun[name].instances) for name in wishes}, limits)
    _share_out(granted, {name: wish.instances for name, wish in wishes.items()}, limits)
    return {name: _decided(granted[name], wish, now, begun[name]) for name, wish in wishes.items()}


def _wish(demand: Demand | None, limits: Limits, limit: Limit, now: float, last: Decision) -> Decision:
    """What the service would have if the database had connections without end."""
    there = last.instances
    if limit.pinned is not None:
        wanted, cause, rest, low_since = limit.pinned, f"Somebody pinned it to {limit.pinned}", "", None
    elif demand is None:
        wanted, cause, rest, low_since = there, "Its demand is not known", "", None
    else:
        wanted, cause, rest, low_since = _on_demand(demand, limits, limit, now, last)
    within = min(max(wanted, limit.floor), limit.ceiling)
    if within != wanted:
        rest = f", but the {'ceiling' if within < wanted else 'floor'} is {within}"
    return replace(last, instances=within, reason=cause + rest, low_since=low_since)


def _on_demand(
    demand: Demand, limits: Limits, limit: Limit, now: float, last: Decision
) -> tuple[int, str, str, float | None]:
    """The number, its cause, what else the reason says, and since when fewer would do."""
    there = last.instances
    least = math.ceil(demand.in_flight / (limit.requests * TARGET))
    most = max(math.ceil(demand.in_flight / (limit.requests * CALM)), limit.floor)
    cause = f"{demand.in_flight:.1f} requests are in flight"
    if demand.refused:
        least, cause = max(least, there + math.ceil(there / 2)), f"{demand.refused} requests were refused"
    elif demand.latency_s > limit.latency_max_s and most > there:
        # Where instances have little to do, others would not be faster.
        least, cause = max(least, there + 1), f"Requests take {demand.latency_s:.2f} s at the 95th percentile"
    since_change = _elapsed(now, last.changed_at)
    if least > there:
        if since_change < limits.out_after_s:
            return there, cause, ", but the number has just changed", None
        return least, cause, "", None
    if max(most, least) >= there:
        return there, cause, f", and {there} can serve them", None
    low_since = now if last.low_since is None or last.low_since > now else last.low_since
    if min(_elapsed(now, low_since), since_change) < limits.in_after_s:
        return there, cause, ", and fewer will do if that lasts", low_since
    return max(most, least, math.ceil(there / 2)), cause, "", None


def _elapsed(now: float, since: float) -> float:
    """A clock that was set back must not hold anything up."""
    return now - since if since <= now else math.inf


def _share_out(granted: dict[str, int], targets: Mapping[str, int], limits: Limits) -> None:
    """Raise what is granted towards the targets, an instance at a time for whoever has the smallest part of it."""
    free = limits.connections - sum(granted[name] * limit.connections for name, limit in limits.services.items())
    waiting = {name for name in granted if granted[name] < targets[name]}
    while waiting:
        name = min(waiting, key=lambda each: (granted[each] / targets[each], each))
        if limits.services[name].connections <= free:
            granted[name] += 1
            free -= limits.services[name].connections
        if granted[name] == targets[name] or limits.services[name].connections > free:
            waiting.remove(name)


def _decided(instances: int, wish: Decision, now: float, last: Decision) -> Decision:
    if instances < wish.instances:
        wanted = f"The database has no connections for the {wish.instances} that are wanted"
        wish = replace(wish, reason=wanted)
    if instances == last.instances:
        return replace(wish, instances=instances)
    return replace(wish, instances=instances, changed_at=now, instance_hours=last.hours_at(now), low_since=None)
