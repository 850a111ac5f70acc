"""What the scaler decides, whatever it is told."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.functions.scaler.decide import Decision, Decisions, Demand, Limit, Limits, LimitsError, decide

SERVICES = ("users", "accounts", "stats")
NOW = 1_000_000.0
OUT_S, IN_S = 10.0, 60.0
IS_SENTENCE = re.compile(r"[A-Z0-9][^;]*[^;,. ]")

demands = st.builds(
    Demand,
    in_flight=st.floats(0, 500),
    refused=st.sampled_from([0, 0, 1, 50]),
    latency_s=st.floats(0, 5),
)


@st.composite
def limit(draw: st.DrawFn) -> Limit:
    floor = draw(st.integers(1, 4))
    return Limit(
        floor=floor,
        ceiling=draw(st.integers(floor, 40)),
        requests=draw(st.integers(1, 12)),
        connections=draw(st.integers(1, 12)),
        pinned=draw(st.none() | st.integers(0, 60)),
    )


@st.composite
def all_limits(draw: st.DrawFn) -> Limits:
    services = {name: draw(limit()) for name in SERVICES}
    floors = sum(each.floor * each.connections for each in services.values())
    return Limits(services, floors + draw(st.integers(0, 200)), OUT_S, IN_S)


# Also what another version, other limits or a wrong clock left.
decisions = st.builds(
    Decision,
    instances=st.integers(0, 60),
    reason=st.just(""),
    changed_at=st.floats(NOW - 200, NOW + 200),
    low_since=st.none() | st.floats(NOW - 200, NOW + 200),
)
some_demand = st.dictionaries(st.sampled_from(SERVICES), demands)
all_demand = st.fixed_dictionaries(dict.fromkeys(SERVICES, demands))
lasts = st.dictionaries(st.sampled_from(SERVICES), decisions)


# A busy machine is no fault of what is tested.
many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def connections(decided: Decisions, limits: Limits) -> int:
    return sum(decided[name].instances * each.connections for name, each in limits.services.items())


def numbers(decided: Decisions) -> dict[str, int]:
    return {name: each.instances for name, each in decided.items()}


class TestAlways:
    @many
    @given(some_demand, all_limits(), lasts)
    def test_within_floor_ceiling_and_the_database(
        self, demand: Mapping[str, Demand], limits: Limits, last: Decisions
    ) -> None:
        decided = decide(demand, limits, NOW, last)
        assert set(decided) == set(SERVICES)
        for name, each in limits.services.items():
            assert each.floor <= decided[name].instances <= each.ceiling
            assert IS_SENTENCE.fullmatch(decided[name].reason), decided[name].reason
        assert connections(decided, limits) <= limits.connections

    @many
    @given(all_demand, all_limits(), lasts, st.sampled_from(SERVICES), demands)
    def test_more_demand_never_gives_fewer(
        self, demand: Mapping[str, Demand], limits: Limits, last: Decisions, name: str, more: Demand
    ) -> None:
        less = demand[name]
        more = Demand(*(max(getattr(less, each), getattr(more, each)) for each in vars(less)))
        before = decide(demand, limits, NOW, last)[name]
        after = decide({**demand, name: more}, limits, NOW, last)[name]
        assert after.instances >= before.instances

    @many
    @given(all_demand, all_limits(), lasts)
    def test_constant_demand_comes_to_rest(
        self, demand: Mapping[str, Demand], limits: Limits, last: Decisions
    ) -> None:
        now = NOW + 1000
        steps = []
        for _ in range(60):
            last = decide(demand, limits, now, last)
            steps.append(numbers(last))
            now += IN_S
        assert steps[-1] == steps[-2] == steps[-20]

    @many
    @given(st.lists(st.tuples(all_demand, st.floats(0.5, 20)), min_size=2, max_size=60), all_limits())
    def test_no_flapping(self, course: list[tuple[dict[str, Demand], float]], limits: Limits) -> None:
        """Whatever demand does, a number goes down only after it has been still for IN_S, and up after OUT_S."""
        now, last = NOW, dict[str, Decision]()
        changed: dict[str, float] = {}
        for demand, seconds in course:
            now += seconds
            decided = decide(demand, limits, now, last)
            for name in SERVICES if last else ():
                if limits.services[name].pinned is not None:
                    continue
                step = decided[name].instances - last[name].instances
                if step and name in changed:
                    assert now - changed[name] >= (IN_S if step < 0 else OUT_S)
                if step:
                    changed[name] = now
            last = decided

    @many
    @given(all_demand, all_limits(), lasts)
    def test_the_same_again_right_after_changes_nothing(
        self, demand: Mapping[str, Demand], limits: Limits, last: Decisions
    ) -> None:
        once = decide(demand, limits, NOW, last)
        assert numbers(decide(demand, limits, NOW, once)) == numbers(once)


def one(floor: int = 1, ceiling: int = 20, connections: int = 1000, **options: int) -> Limits:
    return Limits({"accounts": Limit(floor, ceiling, 10, 10, **options)}, connections, OUT_S, IN_S)


def decided(demand: Demand | None, limits: Limits, last: Decision | None, now: float = NOW) -> Decision:
    return decide(
        {} if demand is None else {"accounts": demand}, limits, now, {} if last is None else {"accounts": last}
    )["accounts"]


def at(instances: int, changed_s_ago: float = 1000, low_s_ago: float | None = None) -> Decision:
    return Decision(instances, "", NOW - changed_s_ago, None if low_s_ago is None else NOW - low_s_ago)


class TestOut:
    @pytest.mark.parametrize(
        ("in_flight", "instances"), [(0, 2), (14, 2), (14.1, 3), (21, 3), (70, 10), (999, 20)]
    )
    def test_one_for_every_seven_tenths(self, in_flight: float, instances: int) -> None:
        assert decided(Demand(in_flight), one(floor=2), at(2)).instances == instances

    def test_refused_requests_ask_for_half_more_at_least(self) -> None:
        found = decided(Demand(1, refused=3), one(), at(4))
        assert (found.instances, found.reason) == (6, "3 requests were refused")

    def test_latency_counts_only_where_there_is_work(self) -> None:
        assert decided(Demand(30, latency_s=2), one(), at(5)).instances == 6
        assert decided(Demand(25, latency_s=2), one(), at(5)).instances == 5

    def test_not_again_at_once(self) -> None:
        found = decided(Demand(100), one(), at(2, changed_s_ago=9))
        assert (found.instances, found.reason) == (
            2,
            "100.0 requests are in flight, but the number has just changed",
        )

    def test_the_ceiling_is_told(self) -> None:
        assert (
            decided(Demand(999), one(ceiling=3), at(2)).reason
            == "999.0 requests are in flight, but the ceiling is 3"
        )


class TestIn:
    def test_after_it_has_stayed_low(self) -> None:
        first = decided(Demand(1), one(), at(4))
        assert (first.instances, first.low_since) == (4, NOW)
        assert decided(Demand(1), one(), first, NOW + IN_S - 1).instances == 4
        second = decided(Demand(1), one(), first, NOW + IN_S)
        assert (second.instances, second.changed_at) == (2, NOW + IN_S)

    def test_a_peak_in_between_begins_the_wait_anew(self) -> None:
        first = decided(Demand(1), one(), at(4))
        peak = decided(Demand(25), one(), first, NOW + 30)
        assert (peak.instances, peak.low_since) == (4, None)
        assert decided(Demand(1), one(), peak, NOW + IN_S + 1).instances == 4

    def test_between_the_marks_nothing_changes(self) -> None:
        for in_flight in (20.1, 25, 28):
            assert decided(Demand(in_flight), one(), at(4, low_s_ago=500)).instances >= 4

    def test_a_clock_set_back_holds_nothing_up(self) -> None:
        future = Decision(4, "", NOW + 10_000, NOW + 10_000)
        assert decided(Demand(100), one(), future).instances == 15
        waiting = decided(Demand(0), one(), future)
        assert decided(Demand(0), one(), waiting, NOW + IN_S).instances == 2


class TestPinned:
    @pytest.mark.parametrize(("pinned", "instances"), [(7, 7), (0, 2), (50, 20)])
    def test_counts_in_place_of_demand_within_the_limits(self, pinned: int, instances: int) -> None:
        assert decided(Demand(500), one(floor=2, pinned=pinned), at(5, changed_s_ago=0)).instances == instances


class TestUnknown:
    def test_stays_as_it_is(self) -> None:
        assert decided(None, one(), at(4, low_s_ago=500)).instances == 4

    def test_begins_at_the_floor(self) -> None:
        assert decided(None, one(floor=3), None).instances == 3


class TestDatabase:
    def test_what_is_there_goes_before_what_is_wanted(self) -> None:
        limits = Limits({"a": Limit(1, 20, 10, 10), "b": Limit(1, 20, 10, 10)}, 100, OUT_S, IN_S)
        last = {"a": at(8), "b": at(1)}
        found = decide({"a": Demand(56), "b": Demand(100)}, limits, NOW, last)
        assert numbers(found) == {"a": 8, "b": 2}
        assert found["b"].reason == "The database has no connections for the 15 that are wanted"

    def test_those_who_want_more_take_turns(self) -> None:
        limits = Limits({"a": Limit(1, 20, 10, 10), "b": Limit(1, 20, 10, 10)}, 100, OUT_S, IN_S)
        found = decide({"a": Demand(500), "b": Demand(500)}, limits, NOW, {"a": at(1), "b": at(1)})
        assert numbers(found) == {"a": 5, "b": 5}

    def test_fewer_connections_take_instances_away(self) -> None:
        limits = one(connections=30)
        assert decided(Demand(100), limits, at(10, changed_s_ago=0)).instances == 3


class TestHours:
    def test_are_instances_times_hours(self) -> None:
        first = replace(at(2, changed_s_ago=7200), instance_hours=1.0)
        grown = decided(Demand(35), one(), first)
        assert (grown.instances, grown.instance_hours) == (5, 5.0)
        assert grown.hours_at(NOW + 1800) == 7.5


class TestLimits:
    @pytest.mark.parametrize(
        ("limit", "connections"),
        [(Limit(0, 2, 1, 1), 9), (Limit(3, 2, 1, 1), 9), (Limit(1, 2, 0, 1), 9), (Limit(2, 2, 1, 5), 9)],
    )
    def test_that_nothing_can_keep_are_refused(self, limit: Limit, connections: int) -> None:
        with pytest.raises(LimitsError):
            Limits({"accounts": limit}, connections, OUT_S, IN_S)
