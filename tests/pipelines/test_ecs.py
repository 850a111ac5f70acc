"""Which launcher a run has on AWS, with ECS by botocore's Stubber: nothing runs in the emulated one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from botocore.stub import ANY, Stubber
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import LaunchRunContext, WorkerStatus
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from infra.local.dagster_home import write_dagster_home
from pipelines.ecs import BACKFILL, BackfillsOnEcs
from pipelines.run_launcher import WatchingRunLauncher
from pipelines.schedules import JOBS

pytestmark = pytest.mark.slow

WHERE = {"cluster": "bank", "task": "bank-backfill", "subnets": "subnet-1,subnet-2", "security_group": "sg-1"}
DEFINITION = "arn:aws:ecs:eu-central-1:123456789012:task-definition/bank-backfill:3"
CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/bank"
TASK = "arn:aws:ecs:eu-central-1:123456789012:task/bank/0123456789abcdef"
# ECS takes no more for a task's overrides, the JSON around them included.
OVERRIDES_MAX = 8192
PYTHON = "/venv/bin/python"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """With the configuration that a container has, but for the storage, which needs a database."""
    write_dagster_home(tmp_path, tmp_path / "socket", WHERE)
    file = tmp_path / "dagster.yaml"
    content = json.loads(file.read_text())
    content["storage"] = {"sqlite": {"base_dir": str(tmp_path)}}
    file.write_text(json.dumps(content))
    with DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path))) as instance:
        yield instance


@pytest.fixture
def launcher(instance: DagsterInstance) -> BackfillsOnEcs:
    launcher = instance.run_launcher
    assert isinstance(launcher, BackfillsOnEcs)
    return launcher


@pytest.fixture
def ecs(launcher: BackfillsOnEcs, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """What is asked of it after it has found the task."""
    import boto3

    make: Any = boto3.client
    stubs: list[Stubber] = []

    def stubbed(service: str, **options: Any) -> Any:
        client = make(service, **options)
        if service == "ecs":
            stubs.append(Stubber(client))
            containers = [{"name": "passwords"}, {"name": "run"}]
            stubs[0].add_response(
                "describe_task_definition",
                {"taskDefinition": {"containerDefinitions": containers, "taskDefinitionArn": DEFINITION}},
                {"taskDefinition": "bank-backfill"},
            )
            stubs[0].activate()
        return client

    monkeypatch.setattr("boto3.client", stubbed)
    assert launcher.on_ecs.task_definition == DEFINITION
    (stub,) = stubs
    yield stub
    stub.assert_no_pending_responses()


def made(instance: DagsterInstance, job: str) -> DagsterRun:
    location = GrpcServerCodeLocationOrigin(host="", socket="/nowhere", location_name="tidemark")
    pointer = ModuleCodePointer("pipelines.definitions", "defs", working_directory="/app")
    code = RepositoryPythonOrigin(PYTHON, pointer, entry_point=[PYTHON, "-m", "dagster"])
    return instance.create_run_for_job(
        dg.job(name=job)(lambda: None),
        status=DagsterRunStatus.STARTING,
        remote_job_origin=RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), job),
        job_code_origin=JobPythonOrigin(job, code),
    )


class TestLaunch:
    def test_a_backfill_is_a_task(self, instance: DagsterInstance, launcher: BackfillsOnEcs, ecs: Stubber) -> None:
        seen: dict[str, Any] = {}
        network = {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}
        ecs.client.meta.events.register(
            "provide-client-params.ecs.RunTask", lambda params, **_: seen.update(params)
        )
        ecs.add_response(
            "run_task",
            {"tasks": [{"taskArn": TASK, "clusterArn": CLUSTER}], "failures": []},
            {
                "cluster": "bank",
                "launchType": "FARGATE",
                "taskDefinition": DEFINITION,
                "networkConfiguration": {"awsvpcConfiguration": network},
                "overrides": ANY,
                "tags": ANY,
                "clientToken": ANY,
            },
        )
        run = made(instance, BACKFILL)
        launcher.launch_run(LaunchRunContext(run, workspace=None))
        (override,) = seen["overrides"]["containerOverrides"]
        assert override["name"] == "run"
        part, *command, arguments = override["command"]
        assert (part, command) == ("run", [PYTHON, "-m", "dagster", "api", "execute_run"])
        assert run.run_id in arguments
        assert len(json.dumps(seen["overrides"])) < OVERRIDES_MAX
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        assert found.tags["ecs/task_arn"] == TASK

    @pytest.mark.parametrize("job", [each for each in JOBS if each != BACKFILL])
    def test_any_other_is_a_process_below_the_code_server(
        self, instance: DagsterInstance, launcher: BackfillsOnEcs, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        launched: list[str] = []
        monkeypatch.setattr(
            WatchingRunLauncher, "launch_run", lambda _, context: launched.append(context.dagster_run.job_name)
        )
        launcher.launch_run(LaunchRunContext(made(instance, job), workspace=None))
        assert launched == [job]
        assert "on_ecs" not in vars(launcher), "ECS is asked nothing"

    def test_the_job_is_there(self) -> None:
        assert BACKFILL in JOBS

    def test_what_ecs_does_not_start_is_told(
        self, instance: DagsterInstance, launcher: BackfillsOnEcs, ecs: Stubber
    ) -> None:
        ecs.add_response("run_task", {"tasks": [], "failures": [{"reason": "MEMORY"}]})
        with pytest.raises(Exception, match="MEMORY"):
            launcher.launch_run(LaunchRunContext(made(instance, BACKFILL), workspace=None))


class TestHealth:
    @pytest.mark.parametrize(
        ("task", "expected"),
        [
            ({"lastStatus": "RUNNING"}, WorkerStatus.RUNNING),
            ({"lastStatus": "STOPPED", "containers": [{"name": "run", "exitCode": 0}]}, WorkerStatus.SUCCESS),
        ],
    )
    def test_of_a_backfill_is_its_tasks(
        self,
        instance: DagsterInstance,
        launcher: BackfillsOnEcs,
        ecs: Stubber,
        task: dict[str, Any],
        expected: WorkerStatus,
    ) -> None:
        run = made(instance, BACKFILL)
        instance.add_run_tags(run.run_id, {"ecs/task_arn": TASK, "ecs/cluster": CLUSTER})
        ecs.add_response("describe_tasks", {"tasks": [task]}, {"cluster": CLUSTER, "tasks": [TASK]})
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        assert launcher.check_run_worker_health(found).status == expected

    def test_of_another_is_its_process(self, instance: DagsterInstance, launcher: BackfillsOnEcs) -> None:
        assert launcher.check_run_worker_health(made(instance, "refresh")).status == WorkerStatus.UNKNOWN
        assert launcher.supports_check_run_worker_health


class TestTerminate:
    def test_a_backfills_task_is_stopped(
        self, instance: DagsterInstance, launcher: BackfillsOnEcs, ecs: Stubber
    ) -> None:
        run = made(instance, BACKFILL)
        instance.add_run_tags(run.run_id, {"ecs/task_arn": TASK, "ecs/cluster": CLUSTER})
        ecs.add_response(
            "describe_tasks", {"tasks": [{"lastStatus": "RUNNING"}]}, {"cluster": CLUSTER, "tasks": [TASK]}
        )
        ecs.add_response("stop_task", {}, {"cluster": CLUSTER, "task": TASK})
        assert launcher.terminate(run.run_id)

    def test_a_run_that_is_not_there(self, launcher: BackfillsOnEcs) -> None:
        assert not launcher.terminate("00000000-0000-0000-0000-000000000000")


class TestElsewhere:
    def test_on_one_machine_a_backfill_is_a_run_like_any_other(self, tmp_path: Path) -> None:
        write_dagster_home(tmp_path, tmp_path / "socket")
        content = json.loads((tmp_path / "dagster.yaml").read_text())
        assert content["run_launcher"]["class"] == "WatchingRunLauncher"
