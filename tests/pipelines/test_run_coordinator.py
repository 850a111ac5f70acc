"""Which runs wait in Dagster's queue."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterRunStatus as Status
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.run_coordinator import SubmitRunContext

from pipelines.run_coordinator import PromptRunCoordinator

SERVER = GrpcServerCodeLocationOrigin(host="127.0.0.1", socket="/nowhere", location_name="test")
ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(SERVER, "test"), "work")


@dg.job
def work() -> None:
    """Nothing."""


class Launches:
    """An instance that notes what it is asked to launch."""

    def __init__(self, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
        self.instance, self.launched = instance, list[str]()
        monkeypatch.setattr(instance, "launch_run", self._launch)
        self._coordinator = PromptRunCoordinator(max_concurrent_runs=1)
        self._coordinator.register_instance(instance)

    def run(self, status: Status = Status.NOT_STARTED) -> dg.DagsterRun:
        return self.instance.create_run_for_job(work, status=status, remote_job_origin=ORIGIN)

    def submit(self, run: dg.DagsterRun) -> Status:
        context: Any = SubmitRunContext(run, workspace=None)  # type: ignore[arg-type]
        return self._coordinator.submit_run(context).status

    def _launch(self, run_id: str, _workspace: object) -> dg.DagsterRun:
        self.launched.append(run_id)
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> Iterator[Launches]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Launches(instance, monkeypatch)


class TestSubmitRun:
    @pytest.mark.parametrize("other", [None, Status.SUCCESS, Status.FAILURE, Status.CANCELED])
    def test_alone_it_is_launched_at_once(self, launches: Launches, other: Status | None) -> None:
        if other is not None:
            launches.run(other)
        run = launches.run()
        assert launches.submit(run) == Status.NOT_STARTED
        assert launches.launched == [run.run_id]

    @pytest.mark.parametrize("other", [Status.QUEUED, Status.STARTING, Status.STARTED, Status.CANCELING])
    def test_beside_another_it_is_queued(self, launches: Launches, other: Status) -> None:
        launches.run(other)
        assert launches.submit(launches.run()) == Status.QUEUED
        assert launches.launched == []

    def test_one_that_was_submitted_before_is_left_alone(self, launches: Launches) -> None:
        assert launches.submit(launches.run(Status.STARTED)) == Status.STARTED
        assert launches.launched == []
