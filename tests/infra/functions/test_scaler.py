"""The scaler on AWS: what it asks AWS and what it tells it, by botocore's Stubber."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from api.shared.settings import SettingsError
from infra.functions.scaler.decide import Decision, LimitsError
from infra.functions.scaler.handler import EventError, NotDone, capacity_floor
from infra.functions.scaler.settings import ScalerSettings
from tests.infra.functions.stubbed_aws import ENVIRONMENT, NOW, SERVICES, SETTINGS, Aws

pytestmark = pytest.mark.slow


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Each client has been asked all that was expected, and nothing else, in the end."""
    aws = Aws()
    yield aws
    for stub in aws.stubs.values():
        stub.assert_no_pending_responses()


def kept(accounts: int = 2, pins: dict[str, int] | None = None, low_s: float | None = None) -> Any:
    since = None if low_s is None else NOW - low_s
    same = {"reason": "x", "changed_at": NOW - 3600, "low_since": since, "instance_hours": 5}
    decisions = {"users": {"instances": 1, **same}, "accounts": {"instances": accounts, **same}}
    return {"decisions": decisions, "pins": pins or {}}


class TestScale:
    def test_the_first_time(self, aws: Aws) -> None:
        aws.state(None)
        aws.warm(users=(1, 5))
        aws.figures(0, 0)
        aws.ceilings("users", "accounts", there=False)
        aws.keeps_warm("users", 1)
        aws.keeps_warm("accounts", 2)
        aws.capacity(0.5)
        aws.keeps_state()
        assert {name: each["instances"] for name, each in aws.scale().items()} == {"users": 1, "accounts": 2}

    def test_nothing_new_changes_nothing(self, aws: Aws) -> None:
        aws.state(kept())
        aws.warm(users=(1, 20), accounts=(2, 30))
        aws.figures(0.5, 1)
        aws.ceilings("users", "accounts")
        aws.capacity(0.5)
        told = aws.scale({"source": "aws.scheduler"})
        assert told["accounts"] == {
            "service": "accounts",
            "demand": {"in_flight": 1, "refused": 0, "latency_s": 0.12},
            "before": 2,
            "instances": 2,
            "floor": 2,
            "ceiling": 30,
            "pinned": None,
            "reason": "1.0 requests are in flight, and 2 can serve them",
            "instance_hours": 7.0,
        }

    def test_more_instances_and_more_of_the_database(self, aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
        aws.state(kept())
        aws.warm(users=(1, 20), accounts=(2, 30))
        aws.figures(0.5, 14)
        aws.ceilings("users", "accounts")
        aws.keeps_warm("accounts", 20)
        aws.capacity(0.5, 3.5)
        aws.keeps_state()
        assert aws.scale()["accounts"]["instances"] == 20
        logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [(line["service"], line["before"], line["instances"]) for line in logged] == [
            ("users", 1, 1),
            ("accounts", 2, 20),
        ]

    def test_throttles_ask_for_more(self, aws: Aws) -> None:
        aws.state(kept(accounts=10))
        aws.warm(users=(1, 20), accounts=(10, 30))
        aws.figures(0, 2, throttles=7)
        aws.ceilings("users", "accounts")
        aws.keeps_warm("accounts", 15)
        aws.capacity(0.5, 2.5)
        aws.keeps_state()
        assert aws.scale()["accounts"]["reason"] == "7 requests were refused"

    def test_fewer_when_it_has_stayed_low(self, aws: Aws) -> None:
        aws.state(kept(accounts=10, low_s=600))
        aws.warm(users=(1, 20), accounts=(10, 30))
        aws.figures(0, 1)
        aws.ceilings("accounts", "users")
        aws.keeps_warm("accounts", 5)
        aws.capacity(2.0, 1.0)
        aws.keeps_state()
        assert aws.scale()["accounts"]["instances"] == 5

    def test_what_somebody_else_changed_is_set_again(self, aws: Aws) -> None:
        aws.state(kept())
        aws.warm(users=(1, 20), accounts=(7, 99))
        aws.figures(0, 0)
        aws.ceilings("accounts", "users")
        aws.keeps_warm("accounts", 2)
        aws.capacity(0.5)
        assert aws.scale()["accounts"]["instances"] == 2

    def test_without_figures_nothing_moves(self, aws: Aws) -> None:
        aws.state(kept(accounts=10, low_s=6000))
        aws.warm(users=(1, 20), accounts=(10, 30))
        aws.figures(0, 0, status="InternalError")
        aws.ceilings("users", "accounts")
        aws.capacity(2.0)
        aws.keeps_state()
        told = aws.scale()["accounts"]
        assert (told["instances"], told["reason"], told["demand"]) == (10, "Its demand is not known", None)

    def test_a_refusal_of_aws_is_raised_after_all_else_was_done(self, aws: Aws) -> None:
        aws.state(kept())
        aws.warm(users=(1, 20), accounts=(2, 30))
        aws.figures(7, 14)
        aws.ceilings("users", "accounts")
        aws.keeps_warm("users", 10, error="ConcurrentUpdateException")
        aws.keeps_warm("accounts", 20)
        aws.capacity(0.5, 4.0)
        aws.keeps_state()
        with pytest.raises(NotDone, match="ConcurrentUpdateException"):
            aws.scale()

    @pytest.mark.parametrize("broken", ["", "-", "{}}", '{"decisions": []}'])
    def test_a_state_that_can_t_be_read_begins_with_what_is_there(self, aws: Aws, broken: str) -> None:
        aws.state(broken)
        aws.warm(users=(1, 20), accounts=(9, 30))
        aws.figures(0, 0)
        aws.ceilings("users", "accounts")
        aws.capacity(2.0, 1.5)
        aws.keeps_state()
        assert aws.scale()["accounts"]["instances"] == 9


class TestPin:
    def test_a_person_s_number_counts_and_is_kept(self, aws: Aws) -> None:
        aws.state(kept())
        aws.warm(users=(1, 20), accounts=(2, 30))
        aws.figures(0, 0)
        aws.ceilings("users", "accounts")
        aws.keeps_warm("accounts", 12)
        aws.capacity(0.5, 2.0)
        aws.keeps_state()
        told = aws.scale({"service": "accounts", "instances": 12})["accounts"]
        assert (told["instances"], told["pinned"], told["reason"]) == (12, 12, "Somebody pinned it to 12")

    def test_auto_leaves_it_to_demand(self, aws: Aws) -> None:
        aws.state(kept(accounts=12, pins={"accounts": 12}, low_s=None))
        aws.warm(users=(1, 20), accounts=(12, 30))
        aws.figures(0, 0)
        aws.ceilings("users", "accounts")
        aws.capacity(2.0)
        aws.keeps_state()
        told = aws.scale({"service": "accounts", "instances": "auto"})["accounts"]
        assert (told["pinned"], told["reason"]) == (
            None,
            "0.0 requests are in flight, and fewer will do if that lasts",
        )

    @pytest.mark.parametrize(
        "event",
        [
            {"service": "nobody", "instances": 1},
            *({"service": "users", "instances": number} for number in (0, 21, True, "3", 1.5, None)),
        ],
    )
    def test_what_can_t_be_is_refused(self, aws: Aws, event: dict[str, Any]) -> None:
        aws.state(kept())
        with pytest.raises(EventError):
            aws.scale(event)


class TestCapacityFloor:
    @pytest.mark.parametrize(("accounts", "floor"), [(2, 0.5), (8, 1.5), (20, 3.5), (30, 5.0)])
    def test_grows_with_the_connections_in_use(self, accounts: int, floor: float) -> None:
        decided = {"users": Decision(1, "", 0), "accounts": Decision(accounts, "", 0)}
        assert capacity_floor(decided, SETTINGS.limits({}), SETTINGS) == floor


class TestSettings:
    @pytest.mark.parametrize(
        "changed",
        [
            {"TIDEMARK_SCALER_SERVICES": "{"},
            {"TIDEMARK_SCALER_SERVICES": '{"users": {"function": "x"}}'},
            {"TIDEMARK_SCALER_SERVICES": json.dumps({**SERVICES, "stats": {**SERVICES["users"], "share": 0.3}})},
            {"TIDEMARK_CAPACITY_MIN": "9"},
            {"TIDEMARK_DATABASE_CONNECTIONS": "0"},
            {"TIDEMARK_DATABASE_CLUSTER": ""},
        ],
    )
    def test_what_can_t_be_used_is_named(self, changed: dict[str, str]) -> None:
        with pytest.raises(SettingsError, match=next(iter(changed))):
            ScalerSettings.read({**ENVIRONMENT, **changed})

    def test_a_share_too_small_for_the_floor(self) -> None:
        settings = ScalerSettings.read({**ENVIRONMENT, "TIDEMARK_DATABASE_CONNECTIONS": "4"})
        with pytest.raises(LimitsError, match="users: floor 1 and ceiling 0"):
            settings.limits({})
