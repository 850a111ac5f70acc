"""Lets Dagster notice that a run's process is gone."""

import json

import grpc
from dagster import DagsterRun
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value


class WatchingRunLauncher(DefaultRunLauncher):
    """Dagster's default launcher (a run is a process below the code server) with a check on that process.

    The default can't tell whether a run is alive. With one run at a time, a run lost to a kill (of the code server
    or of the whole machine) would stay "started" and hold up the queue for as long as a run may take; so the code
    server is asked whether it knows the run, and run monitoring marks one that it doesn't know as failed.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Asks run monitoring to call `check_run_worker_health`."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """RUNNING while the code server has the run's process, else NOT_FOUND.

        A code server that is gone took its runs along (`tidemark up` sees to that). One that doesn't answer in
        time raises DagsterUserCodeUnreachableError; run monitoring then asks again later.
        """
        where = json.loads(run.tags.get(GRPC_INFO_TAG, "{}"))
        if not where.keys() & {"port", "socket"}:
            return CheckRunHealthResult(WorkerStatus.UNKNOWN, "It was never handed to a code server.")
        client = DagsterGrpcClient(host=where.get("host"), port=where.get("port"), socket=where.get("socket"))
        try:
            reply = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id), timeout=10)
        except DagsterUserCodeUnreachableError as error:
            cause = error.__cause__
            if isinstance(cause, grpc.RpcError) and cause.code() == grpc.StatusCode.UNAVAILABLE:
                return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "Its code server is gone.")
            raise
        answer = deserialize_value(reply, CanCancelExecutionResult)
        if answer.can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "Its process is gone.")
