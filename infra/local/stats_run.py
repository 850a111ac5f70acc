"""A job of the pipeline now, through Dagster: a refresh (`tidemark stats run`), days made anew."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from infra.local.errors import LocalError

POLL_S = 0.5
# A proof may name a hundred figures; the run's page has all of them.
SHOWN_CHARACTERS = 600
FINAL = frozenset({"SUCCESS", "FAILURE", "CANCELED"})

FIND = """{ repositoriesOrError { __typename ... on RepositoryConnection { nodes {
  name location { name } pipelines { name } } } ... on PythonError { message } } }"""
LAUNCH = """mutation ($parameters: ExecutionParams!) { launchRun(executionParams: $parameters) { __typename
  ... on LaunchRunSuccess { run { runId } }
  ... on PythonError { message } ... on PipelineNotFoundError { message } ... on UnauthorizedError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
STATE = """query ($run: ID!, $cursor: String) {
  runOrError(runId: $run) { __typename ... on Run { status } }
  logsForRun(runId: $run, afterCursor: $cursor, limit: 200) { __typename ... on EventConnection { cursor events {
    __typename ... on MessageEvent { message stepKey }
    ... on MaterializationEvent { assetKey { path } }
    ... on AssetCheckEvaluationEvent { evaluation { checkName success severity description assetKey { path } } }
    ... on ExecutionStepFailureEvent { error { message } }
    ... on RunFailureEvent { error { message } } } } } }"""


class Dagster:
    """Dagster's GraphQL at `url`, asked with `headers` (see guard.py).

    Raises LocalError when it can't be reached or doesn't understand.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._client = httpx.Client(base_url=url, headers=dict(headers), timeout=30, trust_env=False)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer."""
        try:
            answer = self._client.post("/graphql", json={"query": query, "variables": variables})
            content: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise LocalError(f"Dagster doesn't answer ({type(error).__name__}). See `tidemark status`.") from None
        if content.get("errors"):
            raise LocalError(f"Dagster refused the question: {content['errors'][0]['message']}")
        data: dict[str, Any] = content["data"]
        return data


def run_statistics(
    dagster_url: str,
    tell: Callable[[str], None],
    headers: Mapping[str, str] | None = None,
    *,
    job: str = "refresh",
    tags: Mapping[str, str] | None = None,
) -> bool:
    """Launch the job, `tell` line by line what it does, and return when it has ended: whether it published.

    The job ends well only when its proofs held and the publication was committed.
    """
    dagster = Dagster(dagster_url, headers or {})
    run_id = _launch(dagster, job, tags or {})
    tell(f"run {run_id}: {dagster_url}/runs/{run_id}")
    cursor: str | None = None
    while True:
        data = dagster.ask(STATE, run=run_id, cursor=cursor)
        status: str = data["runOrError"]["status"]
        logs = data["logsForRun"]
        cursor = logs["cursor"]
        for line in _lines(logs["events"]):
            tell(line)
        if status in FINAL and not logs["events"]:
            return status == "SUCCESS"
        time.sleep(POLL_S)


def _launch(dagster: Dagster, job: str, tags: Mapping[str, str]) -> str:
    found = dagster.ask(FIND)["repositoriesOrError"]
    for repository in found.get("nodes", []):
        if any(known["name"] == job for known in repository["pipelines"]):
            break
    else:
        raise LocalError(f"Dagster knows no job {job!r}; its code did not load (see its log).")
    selector = {
        "repositoryName": repository["name"],
        "repositoryLocationName": repository["location"]["name"],
        "jobName": job,
    }
    metadata = {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
    parameters = {"selector": selector, "runConfigData": {}, "executionMetadata": metadata}
    launched = dagster.ask(LAUNCH, parameters=parameters)["launchRun"]
    if launched["__typename"] != "LaunchRunSuccess":
        raise LocalError(f"Dagster did not start the run: {launched.get('message') or launched}")
    run_id: str = launched["run"]["runId"]
    return run_id


def _lines(events: list[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        kind = event["__typename"]
        if kind == "RunStartEvent":
            yield "started"
        elif kind == "MaterializationEvent" and event["assetKey"]:
            yield f"made {'/'.join(event['assetKey']['path'])}"
        elif kind == "AssetCheckEvaluationEvent" and not event["evaluation"]["success"]:
            evaluation = event["evaluation"]
            severity, said = evaluation["severity"].lower(), evaluation["description"] or ""
            name = f"{'/'.join(evaluation['assetKey']['path'])}: {evaluation['checkName']}"
            yield _short(f"proof failed ({severity}): {name} {said}")
        elif kind in ("ExecutionStepFailureEvent", "RunFailureEvent"):
            error = event.get("error") or event
            yield _short(f"failed: {event.get('stepKey') or ''} {error['message']}".rstrip())


def _short(line: str) -> str:
    more = len(line) - SHOWN_CHARACTERS
    return line if more <= 0 else f"{line[:SHOWN_CHARACTERS]} … ({more:,} more characters on the run's page)"
