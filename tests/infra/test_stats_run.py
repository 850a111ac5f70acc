"""`tidemark stats run` against a stand-in for Dagster's GraphQL; the real one is met by the end-to-end tests."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra.local import stats_run
from infra.local.errors import LocalError
from infra.local.ports import free_port
from infra.local.stats_run import run_statistics

LOCATION = {"name": "__repository__", "location": {"name": "tidemark"}, "pipelines": [{"name": "refresh"}]}
LAUNCHED = {"launchRun": {"__typename": "LaunchRunSuccess", "run": {"runId": "run-1"}}}


class Dagster:
    """Answers GraphQL from a list, in order."""

    def __init__(self) -> None:
        dagster = self
        self.answers: list[dict[str, Any]] = [{"repositoriesOrError": {"nodes": [LOCATION]}}, LAUNCHED]
        self.asked: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                dagster.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                body = json.dumps({"data": dagster.answers.pop(0)}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def then(self, status: str, *events: dict[str, Any], cursor: str = "c") -> None:
        logs = {"cursor": cursor, "events": list(events)}
        self.answers.append({"runOrError": {"status": status}, "logsForRun": logs})


@pytest.fixture
def dagster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dagster]:
    monkeypatch.setattr(stats_run, "POLL_S", 0)
    dagster = Dagster()
    yield dagster
    dagster.server.shutdown()
    dagster.server.server_close()


class TestRunStatistics:
    def test_success_is_published(self, dagster: Dagster) -> None:
        lines: list[str] = []
        dagster.then("QUEUED")
        dagster.then("STARTED", {"__typename": "RunStartEvent", "message": ""}, cursor="c1")
        made = {"__typename": "MaterializationEvent", "assetKey": {"path": ["marts", "stats_daily"]}}
        dagster.then("SUCCESS", made, cursor="c2")
        dagster.then("SUCCESS", cursor="c2")
        assert run_statistics(dagster.url, lines.append)
        assert lines == [f"run run-1: {dagster.url}/runs/run-1", "started", "made marts/stats_daily"]
        assert dagster.asked[1]["variables"]["parameters"]["selector"] == {
            "repositoryName": "__repository__",
            "repositoryLocationName": "tidemark",
            "jobName": "refresh",
        }
        assert [asked["variables"]["cursor"] for asked in dagster.asked[2:]] == [None, "c", "c1", "c2"]

    def test_another_job_with_its_tags(self, dagster: Dagster) -> None:
        dagster.answers[0]["repositoriesOrError"]["nodes"] = [{**LOCATION, "pipelines": [{"name": "backfill"}]}]
        dagster.then("SUCCESS")
        assert run_statistics(dagster.url, lambda _line: None, job="backfill", tags={"day": "2026-03-05"})
        parameters = dagster.asked[1]["variables"]["parameters"]
        assert parameters["selector"]["jobName"] == "backfill"
        assert parameters["executionMetadata"] == {"tags": [{"key": "day", "value": "2026-03-05"}]}

    @pytest.mark.parametrize("status", ["FAILURE", "CANCELED"])
    def test_anything_else_is_not_and_says_why(self, dagster: Dagster, status: str) -> None:
        lines: list[str] = []
        evaluation = {
            "checkName": "sequence_has_no_gap",
            "success": False,
            "severity": "ERROR",
            "description": "account 7 lacks 3",
            "assetKey": {"path": ["raw", "transaction"]},
        }
        dagster.then(
            status,
            {"__typename": "AssetCheckEvaluationEvent", "evaluation": evaluation},
            {"__typename": "ExecutionStepFailureEvent", "stepKey": "prove", "error": {"message": "refused"}},
        )
        dagster.then(status)
        assert not run_statistics(dagster.url, lines.append)
        assert lines[1:] == [
            "proof failed (error): raw/transaction: sequence_has_no_gap account 7 lacks 3",
            "failed: prove refused",
        ]

    def test_a_proof_that_names_very_much_is_cut_short(self, dagster: Dagster) -> None:
        evaluation = {
            "checkName": "finality",
            "success": False,
            "severity": "ERROR",
            "description": "figure " * 1000,
            "assetKey": {"path": ["stats", "publication"]},
        }
        status, lines = "FAILURE", list[str]()
        dagster.then(status, {"__typename": "AssetCheckEvaluationEvent", "evaluation": evaluation})
        dagster.then(status)
        assert not run_statistics(dagster.url, lines.append)
        assert lines[1].startswith("proof failed (error): stats/publication: finality figure figure")
        assert lines[1].endswith("more characters on the run's page)")
        assert len(lines[1]) < 700

    def test_code_that_did_not_load(self, dagster: Dagster) -> None:
        dagster.answers[0] = {"repositoriesOrError": {"nodes": []}}
        with pytest.raises(LocalError, match="knows no job 'refresh'"):
            run_statistics(dagster.url, print)

    def test_a_launch_that_is_refused(self, dagster: Dagster) -> None:
        dagster.answers[1] = {"launchRun": {"__typename": "PythonError", "message": "no space"}}
        with pytest.raises(LocalError, match="did not start the run: no space"):
            run_statistics(dagster.url, print)

    def test_nobody_there(self) -> None:
        with pytest.raises(LocalError, match="doesn't answer"):
            run_statistics(f"http://127.0.0.1:{free_port()}", print)
