"""The kickoff: which closes are due, and that each is started once, whatever Dagster does."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import graphql
import pytest
from dagster_graphql.schema import create_schema

from api.shared.settings import SettingsError
from infra.functions.kickoff import handler as handler_module
from infra.functions.kickoff.closes import Close, due
from infra.functions.kickoff.dagster import FIND, LAUNCH, Dagster, DagsterError, Started
from infra.functions.kickoff.handler import EventError, handler
from infra.functions.kickoff.settings import KickoffSettings

FRIDAY = Close(due(datetime(2026, 11, 27, tzinfo=UTC), ZoneInfo("UTC"))[0].period, date(2026, 11, 27))


def closes(moment: str, zone: str) -> dict[str, str]:
    return {
        close.period.value: str(close.period_end) for close in due(datetime.fromisoformat(moment), ZoneInfo(zone))
    }


class TestDue:
    @pytest.mark.parametrize(
        ("moment", "zone", "expected"),
        [
            ("2026-11-27T00:00:00Z", "UTC", {"daily": "2026-11-27"}),
            ("2026-11-27T23:59:59Z", "UTC", {"daily": "2026-11-27"}),
            ("2026-11-27T23:00:00Z", "Europe/Prague", {"daily": "2026-11-28"}),
            ("2026-11-23T00:00:00Z", "UTC", {"daily": "2026-11-23", "weekly": "2026-11-23"}),
            ("2026-12-01T00:00:00Z", "UTC", {"daily": "2026-12-01", "monthly": "2026-12-01"}),
            # The first of a month on a Monday.
            ("2026-05-31T22:00:00Z", "Europe/Prague", dict.fromkeys(("daily", "weekly", "monthly"), "2026-06-01")),
        ],
    )
    def test_day_week_and_month(self, moment: str, zone: str, expected: dict[str, str]) -> None:
        assert closes(moment, zone) == expected

    @pytest.mark.parametrize(
        ("moment", "zone", "expected"),
        [
            # Summer time begins and ends: the same clock, another offset.
            ("2026-03-28T23:00:00Z", "Europe/Prague", "2026-03-29"),
            ("2026-03-29T22:00:00Z", "Europe/Prague", "2026-03-30"),
            ("2026-10-24T22:00:00Z", "Europe/Prague", "2026-10-25"),
            ("2026-10-25T23:00:00Z", "Europe/Prague", "2026-10-26"),
            # The clock jumps over midnight: the day begins at one.
            ("2026-09-06T03:59:59Z", "America/Santiago", "2026-09-05"),
            ("2026-09-06T04:00:00Z", "America/Santiago", "2026-09-06"),
            # It goes back over midnight: the day begins at the second one.
            ("2010-11-07T02:31:00Z", "America/St_Johns", "2010-11-06"),
            ("2010-11-07T03:30:00Z", "America/St_Johns", "2010-11-07"),
        ],
    )
    def test_when_clocks_change(self, moment: str, zone: str, expected: str) -> None:
        assert closes(moment, zone)["daily"] == expected

    def test_every_period_once_in_a_year(self) -> None:
        """Kicked at midnight and at one by the bank's clock, as the schedule says."""
        for name in ("UTC", "Europe/Prague", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe"):
            zone = ZoneInfo(name)
            found = set()
            for half_hours in range(48 * 365):
                moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * half_hours)
                clock = moment.astimezone(zone)
                if (clock.hour, clock.minute) in ((0, 0), (1, 0)):
                    found |= set(due(moment, zone))
            daily = sorted(close.period_end for close in found if close.period == "daily")
            assert daily == [daily[0] + timedelta(days=number) for number in range(len(daily))]
            assert len(daily) in (365, 366)
            weekly = {close.period_end for close in found if close.period == "weekly"}
            assert weekly == {day for day in daily if day.weekday() == 0}
            monthly = {close.period_end for close in found if close.period == "monthly"}
            assert monthly == {day for day in daily if day.day == 1}


class FakeDagster:
    """Answers GraphQL as Dagster does: `runs` are [job, end of the period, status], their ids the places.

    `failing` answers are 503, `lost_replies` of launches never arrive.
    """

    def __init__(self) -> None:
        fake = self
        self.runs: list[list[str]] = []
        self.failing = 0
        self.lost_replies = 0
        self.is_loading = False
        self.created_at = time.time()
        self.headers: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                fake.headers.append(dict(self.headers))
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if fake.failing:
                    fake.failing -= 1
                    self.send_error(503)
                    return
                body = json.dumps({"data": fake.answer(asked)}).encode()
                if "launchRun" in asked["query"] and fake.lost_replies:
                    fake.lost_replies -= 1
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/graphql"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        given = asked["variables"]
        if "launchRun" not in asked["query"]:
            assert given["tag"] == "tidemark/period_end"
            results = [
                {"runId": str(number), "status": status, "creationTime": self.created_at}
                for number, (job, end, status) in enumerate(self.runs)
                if (job, end) == (given["job"], given["end"])
            ]
            return {"runsOrError": {"__typename": "Runs", "results": results[::-1]}}
        assert given["parameters"]["selector"] | {"jobName": ""} == {
            "repositoryName": "__repository__",
            "repositoryLocationName": "tidemark",
            "jobName": "",
        }
        if self.is_loading:
            return {"launchRun": {"__typename": "PipelineNotFoundError", "message": "no such job"}}
        [tag] = given["parameters"]["executionMetadata"]["tags"]
        assert tag["key"] == "tidemark/period_end"
        self.runs.append([given["parameters"]["selector"]["jobName"], tag["value"], "QUEUED"])
        return {"launchRun": {"__typename": "LaunchRunSuccess", "run": {"runId": str(len(self.runs) - 1)}}}

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


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
