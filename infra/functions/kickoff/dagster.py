"""Starts runs through Dagster's GraphQL, each close once.

A run carries the close that it is for as a tag: by it an event that comes twice, or after a lost reply, finds it.
Where two look at the same time, both start one: then only one of the runs gets the claim of the period (see
pipelines/extract/closing.py), and the other does nothing.
"""

import base64
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.functions.kickoff.closes import Close
from infra.functions.kickoff.settings import KickoffSettings

# A reply that is lost costs a second run.
TIMEOUT_S = 30.0
FIRST_PAUSE_S = 1.0
PAUSE_MAX_S = 15.0
# What was noted but never handed to the queue: its web server ended in between.
FORGOTTEN_AFTER_S = 60.0
DEAD = ("FAILURE", "CANCELED")
REPOSITORY = "__repository__"
PERIOD_END_TAG = "tidemark/period_end"

FIND = """query ($job: String!, $tag: String!, $end: String!) {
  runsOrError(filter: {pipelineName: $job, tags: [{key: $tag, value: $end}]}) { __typename
  ... on Runs { results { runId status creationTime } } ... on PythonError { message } } }"""
LAUNCH = """mutation ($parameters: ExecutionParams!) { launchRun(executionParams: $parameters) { __typename
  ... on LaunchRunSuccess { run { runId } }
  ... on PythonError { message } ... on PipelineNotFoundError { message } ... on UnauthorizedError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""


class DagsterError(Exception):
    """Dagster can't be reached, or did not do what it was asked to."""


@dataclass(frozen=True)
class Started:
    """The run of a close; `is_new` unless it was there already."""

    run_id: str
    is_new: bool


class Dagster:
    """Dagster's GraphQL. What fails is tried again, after growing pauses, until `deadline` (of time.monotonic)."""

    def __init__(
        self, settings: KickoffSettings, deadline: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._settings = settings
        self._deadline = deadline
        self._sleep = sleep
        # An environment's proxy leads out of the network that Dagster is in.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def start(self, close: Close) -> Started:
        """Start the close's run, unless one is there that has not failed. Raises DagsterError."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return self._start(close)
            except DagsterError:
                if time.monotonic() + pause_s > self._deadline:
                    raise
            self._sleep(pause_s)
            pause_s = min(2 * pause_s, PAUSE_MAX_S)

    def _start(self, close: Close) -> Started:
        end = close.period_end.isoformat()
        found = self._ask(FIND, job=close.job, tag=PERIOD_END_TAG, end=end)["runsOrError"]
        if found["__typename"] != "Runs":
            raise DagsterError(f"Dagster can't tell its runs: {found.get('message') or found}")
        alive = [run["runId"] for run in found["results"] if not _is_dead(run)]
        if alive:
            return Started(alive[-1], False)
        parameters = {
            "selector": {
                "repositoryName": REPOSITORY,
                "repositoryLocationName": self._settings.dagster_location,
                "jobName": close.job,
            },
            "runConfigData": {},
            "executionMetadata": {"tags": [{"key": PERIOD_END_TAG, "value": end}]},
        }
        launched = self._ask(LAUNCH, parameters=parameters)["launchRun"]
        if launched["__typename"] != "LaunchRunSuccess":
            raise DagsterError(f"Dagster did not start {close.job}: {launched.get('message') or launched}")
        return Started(launched["run"]["runId"], True)

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Content-Type": "application/json", **self._authorization()}
        request = urllib.request.Request(self._settings.dagster_graphql_url, body, headers)  # noqa: S310 (settings)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                content: dict[str, Any] = json.load(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            told = f" {error.code}: {error.read(300)!r}" if isinstance(error, urllib.error.HTTPError) else ""
            raise DagsterError(f"Dagster does not answer ({type(error).__name__}{told}).") from error
        if content.get("errors") or not content.get("data"):
            raise DagsterError(f"Dagster refused the question: {content.get('errors')}")
        data: dict[str, Any] = content["data"]
        return data

    def _authorization(self) -> dict[str, str]:
        if not self._settings.operator_password:
            return {}
        token = base64.b64encode(f"operator:{self._settings.operator_password}".encode()).decode()
        return {"Authorization": f"Basic {token}"}


def _is_dead(run: dict[str, Any]) -> bool:
    """Whether a run will do nothing any more without having done its work."""
    is_forgotten = run["status"] == "NOT_STARTED" and time.time() - run["creationTime"] > FORGOTTEN_AFTER_S
    return is_forgotten or run["status"] in DEAD
