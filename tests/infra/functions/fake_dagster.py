"""Stands in for Dagster's web server."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


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
