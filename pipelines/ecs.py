"""Backfills as tasks of ECS, where the bank runs there: they take long, and nobody waits for their start.

A task's start takes 70 s. So every other run stays a process below the code server, next to which it is at work
within a second.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

from dagster import DagsterRun, StringSource
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, RunLauncher
from dagster._core.launcher.base import ResumeRunContext
from dagster._grpc.types import ExecuteRunArgs, ResumeRunArgs
from dagster._serdes import ConfigurableClass
from dagster._serdes.config_class import ConfigurableClassData
from dagster_aws.ecs import EcsRunLauncher

from pipelines.run_launcher import WatchingRunLauncher

BACKFILL = "backfill"
CONTAINER = "run"
CONFIG = ("cluster", "task", "subnets", "security_group")


class TaskLauncher(EcsRunLauncher):
    """Runs in a task whose image begins with `python -m infra.containers`."""

    def _get_command_args(
        self, run_args: ExecuteRunArgs | ResumeRunArgs, context: LaunchRunContext | ResumeRunContext
    ) -> Sequence[str]:
        return [CONTAINER, *run_args.get_command_args()]


class BackfillsOnEcs(RunLauncher[Any], ConfigurableClass):
    """Each run by the launcher that is for it. ECS is asked nothing before there is a backfill."""

    def __init__(self, inst_data: ConfigurableClassData | None = None, **where: str) -> None:
        self._inst_data = inst_data
        self._where = where
        super().__init__()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """What it was made from."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Cluster, family of the task, its subnets with commas between, its security group."""
        return dict.fromkeys(CONFIG, StringSource)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        """As Dagster makes it."""
        return cls(inst_data, **config_value)

    @cached_property
    def on_ecs(self) -> TaskLauncher:
        """For backfills. Raises botocore's ClientError when there is no such task."""
        network = {
            "subnets": self._where["subnets"].split(","),
            "securityGroups": [self._where["security_group"]],
            "assignPublicIp": "DISABLED",
        }
        launcher = TaskLauncher(
            task_definition=self._where["task"],
            container_name=CONTAINER,
            secrets_tag="",
            use_current_ecs_task_config=False,
            run_task_kwargs={
                "cluster": self._where["cluster"],
                "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": network},
            },
        )
        launcher.register_instance(self._instance)
        return launcher

    @cached_property
    def here(self) -> WatchingRunLauncher:
        """For all others."""
        launcher = WatchingRunLauncher()
        launcher.register_instance(self._instance)
        return launcher

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start it."""
        self._of(context.dagster_run).launch_run(context)

    def terminate(self, run_id: str) -> bool:
        """End it; False when there is nothing to end."""
        run = self._instance.get_run_by_id(run_id)
        return run is not None and self._of(run).terminate(run_id)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Both do."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether what does the run is alive."""
        return self._of(run).check_run_worker_health(run)

    def join(self, timeout: int = 30) -> None:
        """Wait for the runs here."""
        self.here.join(timeout)

    def _of(self, run: DagsterRun) -> RunLauncher[Any]:
        return self.on_ecs if run.job_name == BACKFILL else self.here
