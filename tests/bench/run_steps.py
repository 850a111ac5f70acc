"""Where the time of a refresh goes, as Dagster noted it."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import psycopg

from tests.bench.report import Table

EVENTS = """
    select e.run_id, e.dagster_event_type, e.step_key, extract(epoch from e.timestamp)::float
    from event_logs as e inner join runs as r using (run_id)
    where r.pipeline_name = 'refresh' and r.status = 'SUCCESS' and r.start_time between %s and %s
        and e.dagster_event_type in ('PIPELINE_ENQUEUED', 'PIPELINE_STARTING', 'PIPELINE_START',
            'STEP_START', 'STEP_SUCCESS', 'PIPELINE_SUCCESS')
    order by e.timestamp, e.id
"""
BETWEEN = "from a run's end until the next is asked for"
SPANS = {
    "PIPELINE_ENQUEUED": BETWEEN,
    "PIPELINE_STARTING": "in the queue",
    "PIPELINE_START": "start of its process",
}
DAGSTER = "Dagster, before, between and after the steps"


@dataclass(frozen=True)
class Steps:
    """Spans of each refresh, seconds by name; the number of refreshes."""

    spans: dict[str, list[float]]
    runs: int


def read(dagster_url: str, since: float, until: float) -> Steps:
    """The refreshes that began between two Unix times and have ended."""
    with psycopg.connect(dagster_url) as connection:
        events = connection.execute(EVENTS, (since, until)).fetchall()
    runs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (_, earlier, _, began), (run_id, later, step, ended) in pairwise(events):
        name = step if later == "STEP_SUCCESS" else SPANS.get(later, DAGSTER)
        if earlier == "PIPELINE_SUCCESS":
            name = BETWEEN
        runs[run_id][name] += ended - began
    spans: dict[str, list[float]] = defaultdict(list, {BETWEEN: []})
    for run in runs.values():
        for name, seconds in run.items():
            spans[name].append(seconds)
    return Steps(spans, len(runs))


def table(steps: Steps) -> Table:
    """The middle of each span, in their order."""
    made = Table(
        "Where a refresh's time goes",
        f"The middle of {steps.runs} refreshes, in seconds, by the times of Dagster's events.",
        ["", "s"],
    )
    for name, seconds in steps.spans.items():
        made.add(name, f"{median(seconds):.2f}" if seconds else "–")
    return made
