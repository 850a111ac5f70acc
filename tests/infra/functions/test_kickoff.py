"""The kickoff starts each close once, whatever Dagster does."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import graphql
import pytest
from dagster_graphql.schema import create_schema

from api.shared.calendar import Period
from api.shared.settings import SettingsError
from infra.functions.kickoff import dagster as dagster_module
from infra.functions.kickoff import handler as handler_module
from infra.functions.kickoff.closes import Close
from infra.functions.kickoff.dagster import FIND, LAUNCH, Dagster, DagsterError, Started
from infra.functions.kickoff.handler import EventError, handler
from infra.functions.kickoff.settings import KickoffSettings
from pipelines.resources import PERIOD_END_TAG
from tests.infra.functions.fake_dagster import FakeDagster

FRIDAY = Close(Period.DAILY, date(2026, 11, 27))


@pytest.fixture
def fake() -> Iterator[FakeDagster]:
    fake = FakeDagster()
    yield fake
    fake.end()


@pytest.fixture(autouse=True)
def environment(fake: FakeDagster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_DAGSTER_GRAPHQL_URL", fake.url)
    monkeypatch.setenv("TIDEMARK_TIME_ZONE", "UTC")
    monkeypatch.setattr(time, "sleep", lambda _: None)


def dagster(pauses: list[float] | None = None, patience_s: float = 600.0) -> Dagster:
    told = [] if pauses is None else pauses
    return Dagster(KickoffSettings.read(), time.monotonic() + patience_s, told.append)


class TestTag:
    def test_is_the_one_that_runs_read(self) -> None:
        assert dagster_module.PERIOD_END_TAG == PERIOD_END_TAG


class TestQueries:
    @pytest.mark.parametrize("query", [FIND, LAUNCH])
    def test_are_what_this_dagster_understands(self, query: str) -> None:
        assert graphql.validate(create_schema().graphql_schema, graphql.parse(query)) == []


class TestStart:
    def test_once(self, fake: FakeDagster) -> None:
        assert dagster().start(FRIDAY) == Started("0", True)
        assert dagster().start(FRIDAY) == Started("0", False)
        assert fake.runs == [["close_daily", "2026-11-27", "QUEUED"]]

    @pytest.mark.parametrize("status", ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING", "SUCCESS"])
    def test_not_beside_one_that_is_there(self, fake: FakeDagster, status: str) -> None:
        fake.runs.append(["close_daily", "2026-11-27", status])
        assert dagster().start(FRIDAY) == Started("0", False)

    @pytest.mark.parametrize("status", ["FAILURE", "CANCELED"])
    def test_again_after_one_that_did_not_do_it(self, fake: FakeDagster, status: str) -> None:
        fake.runs.append(["close_daily", "2026-11-27", status])
        assert dagster().start(FRIDAY) == Started("1", True)
        assert dagster().start(FRIDAY) == Started("1", False)

    def test_again_after_one_that_was_never_queued(self, fake: FakeDagster) -> None:
        fake.runs.append(["close_daily", "2026-11-27", "NOT_STARTED"])
        fake.created_at -= 61
        assert dagster().start(FRIDAY) == Started("1", True)

    def test_beside_those_of_other_periods(self, fake: FakeDagster) -> None:
        fake.runs += [["close_weekly", "2026-11-27", "SUCCESS"], ["close_daily", "2026-11-26", "SUCCESS"]]
        assert dagster().start(FRIDAY) == Started("2", True)

    def test_a_lost_reply_starts_no_second_run(self, fake: FakeDagster) -> None:
        fake.lost_replies = 1
        assert dagster().start(FRIDAY) == Started("0", False)
        assert len(fake.runs) == 1

    def test_a_code_location_that_is_loading_is_asked_again(self, fake: FakeDagster) -> None:
        fake.is_loading = True
        with pytest.raises(DagsterError, match=r"^Dagster did not start close_daily: no such job$"):
            dagster(patience_s=0.5).start(FRIDAY)
        calls = len(fake.headers)
        told = Dagster(
            KickoffSettings.read(), time.monotonic() + 600, lambda _: setattr(fake, "is_loading", False)
        )
        assert told.start(FRIDAY).is_new
        assert len(fake.headers) == calls + 4

    def test_waits_longer_each_time_while_dagster_is_out_of_reach(self, fake: FakeDagster) -> None:
        fake.failing = 6
        pauses: list[float] = []
        assert dagster(pauses).start(FRIDAY).is_new
        assert pauses == [1, 2, 4, 8, 15, 15]

    def test_gives_up_at_last(self, fake: FakeDagster) -> None:
        fake.failing = 1000
        with pytest.raises(DagsterError, match=r"^Dagster does not answer \(HTTPError 503: .*\)\.$"):
            dagster(patience_s=0.5).start(FRIDAY)

    def test_nobody_there(self, fake: FakeDagster) -> None:
        fake.end()
        with pytest.raises(DagsterError, match=r"does not answer \(URLError\)"):
            dagster(patience_s=0.5).start(FRIDAY)

    def test_shows_the_password_where_there_is_one(
        self, fake: FakeDagster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dagster().start(FRIDAY)
        assert "Authorization" not in fake.headers[-1]
        monkeypatch.setenv("TIDEMARK_OPERATOR_PASSWORD", "secret")
        assert "secret" not in repr(KickoffSettings.read())
        dagster().start(FRIDAY)
        assert base64.b64decode(fake.headers[-1]["Authorization"].removeprefix("Basic ")) == b"operator:secret"


class TestHandler:
    def test_starts_what_is_due(self, fake: FakeDagster, capsys: pytest.CaptureFixture[str]) -> None:
        event = {"scheduled_at": "2026-06-01T00:00:00Z"}
        told = handler(event, None)
        assert [(close["job"], close["period_end"], close["is_new"]) for close in told["closes"]] == [
            ("close_daily", "2026-06-01", True),
            ("close_weekly", "2026-06-01", True),
            ("close_monthly", "2026-06-01", True),
        ]
        assert [json.loads(line)["job"] for line in capsys.readouterr().out.splitlines()] == [
            *("close_daily", "close_weekly", "close_monthly"),
        ]
        again = handler(event, None)
        assert [close["is_new"] for close in again["closes"]] == [False] * 3
        assert len(fake.runs) == 3

    def test_what_can_t_be_started_is_raised(
        self, fake: FakeDagster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(handler_module, "PATIENCE_S", 0.0)
        fake.failing = 1
        with pytest.raises(DagsterError, match="does not answer"):
            handler({"scheduled_at": "2026-06-01T00:00:00Z"}, None)
        # The others were started all the same.
        assert len(fake.runs) == 2
        assert "error" in json.loads(capsys.readouterr().out.splitlines()[0])
        # And the dead letter, replayed, starts what is missing.
        handler({"scheduled_at": "2026-06-01T00:00:00Z"}, None)
        assert len(fake.runs) == 3

    @pytest.mark.parametrize(
        "event",
        [
            *({}, [], None, {"scheduled_at": None}, {"scheduled_at": 5}, {"scheduled_at": ""}),
            *({"scheduled_at": "<aws.scheduler.scheduled-time>"}, {"scheduled_at": "2026-06-01T00:00:00"}),
            {"scheduled_at": "2999-01-01T00:00:00Z"},
        ],
    )
    def test_an_event_that_says_nothing_is_refused(self, fake: FakeDagster, event: Any) -> None:
        with pytest.raises(EventError, match="The event must be like"):
            handler(event, None)
        assert fake.runs == []

    @pytest.mark.parametrize(
        ("name", "value"), [("TIDEMARK_TIME_ZONE", "Mars/Olympus"), ("TIDEMARK_DAGSTER_GRAPHQL_URL", "file:///x")]
    )
    def test_a_setting_that_can_t_be_used_is_named(
        self, name: str, value: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(SettingsError, match=name):
            handler({"scheduled_at": "2026-06-01T00:00:00Z"}, None)
