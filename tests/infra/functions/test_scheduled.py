"""The kickoff's archive, fired by an emulated EventBridge Scheduler in an emulated Lambda."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud.archives import target
from infra.local.cloud.calls import EmulatedAws
from infra.local.cloud.deployment import HEALTH_PATH
from infra.package.archive import build
from tests.cluster import REPOSITORY
from tests.infra.emulated_lambda import ACCOUNT, REGION, emulated_lambda
from tests.infra.functions.fake_dagster import FakeDagster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# The emulator leaves `<aws.scheduler.scheduled-time>` as it is, where AWS fills in the time.
EVENT = {"scheduled_at": "2026-06-01T00:00:00Z"}


def wait_for(condition: Callable[[], bool], timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    folder = tmp_path_factory.mktemp("scheduler")
    socket = folder / "aws"
    with (
        emulated_lambda(folder, f"unix:{socket}", "scheduler"),
        EmulatedAws(socket, ACCOUNT, REGION) as aws,
    ):
        wait_for(lambda: aws.answers(HEALTH_PATH))
        yield aws


@pytest.fixture
def fake() -> Iterator[FakeDagster]:
    fake = FakeDagster()
    yield fake
    fake.end()


def deploy(aws: EmulatedAws, fake: FakeDagster, folder: Path) -> str:
    """The function's ARN."""
    file = build("kickoff", target(), REPOSITORY, folder / "work", folder / "out").file
    made = {
        "FunctionName": "kickoff",
        "Runtime": f"python{target().python}",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/kickoff",
        "Handler": "infra.functions.kickoff.handler.handler",
        "Code": {"ZipFile": base64.b64encode(file.read_bytes()).decode()},
        "Timeout": 150,
        "Environment": {
            "Variables": {"TIDEMARK_DAGSTER_GRAPHQL_URL": fake.url, "TIDEMARK_TIME_ZONE": "Europe/Prague"}
        },
    }
    arn: str = aws.call("lambda", "/2015-03-31/functions", made)["FunctionArn"]
    return arn


def schedule(aws: EmulatedAws, name: str, arn: str, event: Any) -> None:
    """A schedule that is due now."""
    moment = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    body = {
        "ScheduleExpression": f"at({moment.isoformat()})",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler", "Input": json.dumps(event)},
    }
    aws.call("scheduler", f"/schedules/{name}", body)


class TestSchedule:
    def test_two_of_one_event_start_each_close_once(
        self, aws: EmulatedAws, fake: FakeDagster, tmp_path: Path
    ) -> None:
        arn = deploy(aws, fake, tmp_path)
        closes = [[f"close_{period}", "2026-06-01", "QUEUED"] for period in ("daily", "weekly", "monthly")]
        schedule(aws, "first", arn, EVENT)
        wait_for(lambda: fake.runs == closes)
        asked = len(fake.headers)
        schedule(aws, "second", arn, EVENT)
        # It looks for each of the three, and starts none.
        wait_for(lambda: len(fake.headers) == asked + 3)
        assert fake.runs == closes
