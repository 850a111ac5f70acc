"""Starts runs through Dagster's GraphQL, each close once.

A run's id follows from the close that it is for, and Dagster takes no id twice: so neither an event that comes
twice nor a reply that was lost starts a second run. Only a run that failed or was cancelled has a next.
"""

import base64
import http.client
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.functions.kickoff.closes import Close
from infra.functions.kickoff.settings import KickoffSettings

TIMEOUT_S = 15.0
FIRST_PAUSE_S = 1.0
PAUSE_MAX_S = 15.0
ATTEMPTS_MAX = 50
# What was noted but never handed to the queue: its web server ended in between.
FORGOTTEN_AFTER_S = 60.0
NAMESPACE = uuid.UUID("6f1c3c0a-6c0b-4f52-9a53-0e8a6a0c7f11")
REPOSITORY = "__repository__"
PERIOD_END_TAG = "tidemark/period_end"

STATE = "query ($run: ID!) { runOrError(runId: $run) { __typename ... on Run { status creationTime } } }"
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


def run_id_of(close: Close, attempt: int) -> str:
    """The id of the run of a close: the first attempt is number 1."""
    return str(uuid.uuid5(NAMESPACE, f"{close.job} {close.period_end} {attempt}"))


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
        for attempt in range(1, ATTEMPTS_MAX + 1):
            run_id = run_id_of(close, attempt)
            if self._is_dead(run_id) is None:
                refusal = self._launch(close, run_id)
                if refusal is None:
                    return Started(run_id, True)
                # The same event, handled elsewhere, may have been faster.
                if self._is_dead(run_id) is None:
                    raise DagsterError(refusal)
            if not self._is_dead(run_id):
                return Started(run_id, False)
        raise DagsterError(f"{close.job} of the period up to {close.period_end} failed {ATTEMPTS_MAX} times.")

    def _is_dead(self, run_id: str) -> bool | None:
        """Whether a run will do nothing any more without having done its work; None when there is none."""
        run = self._ask(STATE, run=run_id)["runOrError"]
        if run["__typename"] != "Run":
            return None
        is_forgotten = run["status"] == "NOT_STARTED" and time.time() - run["creationTime"] > FORGOTTEN_AFTER_S
        return is_forgotten or run["status"] in ("FAILURE", "CANCELED")

    def _launch(self, close: Close, run_id: str) -> str | None:
        """Why Dagster did not start the run; None when it did."""
        parameters = {
            "selector": {
                "repositoryName": REPOSITORY,
                "repositoryLocationName": self._settings.dagster_location,
                "jobName": close.job,
            },
            "runConfigData": {},
            "executionMetadata": {
                "runId": run_id,
                "tags": [{"key": PERIOD_END_TAG, "value": close.period_end.isoformat()}],
            },
        }
        launched = self._ask(LAUNCH, parameters=parameters)["launchRun"]
        if launched["__typename"] == "LaunchRunSuccess":
            return None
        return f"Dagster did not start {close.job}: {launched.get('message') or launched}"

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Content-Type": "application/json", **self._authorization()}
        request = urllib.request.Request(self._settings.dagster_graphql_url, body, headers)  # noqa: S310 (settings)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                content: dict[str, Any] = json.load(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            status = f" {error.code}" if isinstance(error, urllib.error.HTTPError) else ""
            raise DagsterError(f"Dagster does not answer ({type(error).__name__}{status}).") from error
        if content.get("errors") or not content.get("data"):
            raise DagsterError(f"Dagster refused the question: {content.get('errors')}")
        data: dict[str, Any] = content["data"]
        return data

    def _authorization(self) -> dict[str, str]:
        if not self._settings.operator_password:
            return {}
        token = base64.b64encode(f"operator:{self._settings.operator_password}".encode()).decode()
        return {"Authorization": f"Basic {token}"}
