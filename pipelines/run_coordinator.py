"""Dagster's queue of runs, past which a run goes when it would be alone in it."""

import dagster as dg
from dagster import DagsterRunStatus as Status
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext

IN_FRONT = [Status.QUEUED, Status.STARTING, Status.STARTED, Status.CANCELING]


class PromptRunCoordinator(QueuedRunCoordinator):
    """Launches a run at once when no other is queued or at work; else Dagster's own queue takes it.

    The daemon looks into the queue every few seconds, which every refresh would wait for. Two runs that are asked
    for at the same moment may both be launched: the warehouse's run lock has them follow one another.
    """

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        """What Dagster calls once a run is made. Raises what launching it raises; the run has failed then."""
        run = context.dagster_run
        if run.status != Status.NOT_STARTED or self._instance.get_runs(dg.RunsFilter(statuses=IN_FRONT), limit=1):
            return super().submit_run(context)
        return self._instance.launch_run(run.run_id, context.workspace)
