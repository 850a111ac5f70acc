"""What a deployment asks of AWS beside Terraform: who calls, which images there are, the task, the aliases."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from infra.local.errors import LocalError

HEALTH_TRIES = 6
HEALTH_PAUSE_S = 5.0
# An alias can't be moved while Lambda makes its warm instances.
ALIAS_BUSY_S = 300.0
ALIAS_PAUSE_S = 5.0
TASK_PAUSE_S = 5.0
TASK_LIMIT_S = 3600.0
STOPPED = "STOPPED"
# A password's change takes a function's start and four calls of it.
ROTATION_PAUSE_S = 2.0
ROTATION_LIMIT_S = 180.0

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Alias:
    """Which version others call, and what is written at it."""

    version: str
    description: str


@dataclass(frozen=True)
class Log:
    """Where a task's container writes to."""

    group: str
    stream: str

    def __str__(self) -> str:
        return f"`aws logs tail {self.group} --since 1d --log-stream-names {self.stream}`"


@dataclass(frozen=True)
class Ended:
    """How a task's container ended; without an exit code it never began."""

    exit_code: int | None
    reason: str
    log: Log

    def __str__(self) -> str:
        return f"exit code {self.exit_code} ({self.reason})"


def make_clients(region: str) -> Callable[[str], Any]:
    """Clients of AWS by service; a first call of a function may take its 29 s."""
    config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3})
    session = get_session()
    return lambda service: session.create_client(service, region_name=region, config=config)


class Cloud:
    """The account in a region. All methods raise LocalError, or botocore's ClientError and BotoCoreError."""

    def __init__(self, client: Callable[[str], Any], sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep

    def caller(self) -> str:
        """Account and name of whoever deploys."""
        try:
            told = self._client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise LocalError(
                f"AWS knows nobody by these credentials: {error}. Sign in (`aws sso login`) or name a profile "
                "(AWS_PROFILE). Nothing was changed."
            ) from error
        return f"account {told['Account']} as {told['Arn']}"

    def require_image(self, url: str, tag: str) -> None:
        """Refuse a tag that was never pushed to the repository at `url`: its tasks would wait for it in vain."""
        ecr = self._client("ecr")
        try:
            ecr.describe_images(repositoryName=url.partition("/")[2], imageIds=[{"imageTag": tag}])
        except ecr.exceptions.ImageNotFoundException:
            raise LocalError(
                f"There is no image {url}:{tag}. Build and push it first (infra/aws/README.md, Images), or name "
                "another with --image-tag. Nothing was changed."
            ) from None

    def prepare(self, cluster: str, task: Mapping[str, Any], tell: Tell) -> None:
        """Run the one-off task of roles and migrations, and wait for its end, which must be a good one."""
        ended = self._run(cluster, task, (), tell)
        if ended.exit_code != 0:
            raise LocalError(f"it ended with {ended}. Why is in its log: {ended.log}")

    def run(self, cluster: str, task: Mapping[str, Any], command: Sequence[str], tell: Tell) -> int:
        """The exit code of a task, or of a command in place of its own; what was printed is told."""
        ended = self._run(cluster, task, command, tell)
        if ended.exit_code is None:
            raise LocalError(f"{' '.join(command) or task['container']}: it never began: {ended.reason}.")
        for line in self._printed(ended.log):
            tell(line)
        return ended.exit_code

    def obey(self, function: str, qualifier: str, command: str, arguments: Mapping[str, Any]) -> Any:
        """Have a function do a command; the result comes back by this way alone."""
        event = json.dumps({"command": command, "arguments": arguments}).encode()
        answer = self._client("lambda").invoke(FunctionName=function, Qualifier=qualifier, Payload=event)
        content = json.loads(answer["Payload"].read())
        if "FunctionError" in answer or "result" not in content:
            error = content.get("error")
            if error is None:
                raise LocalError(
                    f"{function} failed at it, or does not know this command. Its log: "
                    f"`aws logs tail /aws/lambda/{function}`."
                )
            fields = (f"{each['field']}: {each['message']}" for each in error.get("errors", ()))
            raise LocalError(" ".join((error["detail"], *fields)))
        return content["result"]

    def rotate(self, secret_id: str) -> str:
        """Begin to change the password in a secret; the version that will hold the new one."""
        return str(self._client("secretsmanager").rotate_secret(SecretId=secret_id)["VersionId"])

    def wait_rotated(self, secret_id: str, version: str) -> bool:
        """Whether that version is the present one before long."""
        client = self._client("secretsmanager")
        for _ in range(int(ROTATION_LIMIT_S / ROTATION_PAUSE_S)):
            if "AWSCURRENT" in client.describe_secret(SecretId=secret_id)["VersionIdsToStages"].get(version, ()):
                return True
            self._sleep(ROTATION_PAUSE_S)
        return False

    def _run(self, cluster: str, task: Mapping[str, Any], command: Sequence[str], tell: Tell) -> Ended:
        ecs = self._client("ecs")
        network = {"subnets": task["subnets"], "securityGroups": [task["security_group"]]}
        container = task["container"]
        override = {"containerOverrides": [{"name": container, "command": list(command)}]} if command else {}
        answer = ecs.run_task(
            cluster=cluster,
            taskDefinition=task["task_definition"],
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
            startedBy="tidemark",
            overrides=override,
        )
        if not answer["tasks"]:
            reasons = ", ".join(each.get("reason", "no reason given") for each in answer["failures"])
            raise LocalError(f"ECS did not start the task: {reasons}.")
        (started,) = answer["tasks"]
        arn = started["taskArn"]
        log = _log(ecs, started["taskDefinitionArn"], container, arn)
        tell(f"  task {arn}\n  its log: {log}")
        ended = self._wait(ecs, cluster, arn, tell)
        codes = {each["name"]: each.get("exitCode") for each in ended["containers"]}
        tell(f"  exit code {codes.get(container)}")
        return Ended(codes.get(container), ended.get("stoppedReason", "no reason given"), log)

    def _printed(self, log: Log) -> Iterator[str]:
        client = self._client("logs")
        position: dict[str, str] = {}
        while True:
            told = client.get_log_events(
                logGroupName=log.group, logStreamName=log.stream, startFromHead=True, **position
            )
            yield from (each["message"] for each in told["events"])
            if position.get("nextToken") == told["nextForwardToken"]:
                return
            position = {"nextToken": told["nextForwardToken"]}

    def _wait(self, ecs: Any, cluster: str, arn: str, tell: Tell) -> dict[str, Any]:
        status = ""
        for _ in range(int(TASK_LIMIT_S / TASK_PAUSE_S)):
            found = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
            # It may take ECS a moment to find what it has just started.
            if found and found[0]["lastStatus"] != status:
                status = found[0]["lastStatus"]
                tell(f"  {status.lower()}")
            if status == STOPPED:
                return dict(found[0])
            self._sleep(TASK_PAUSE_S)
        raise LocalError(
            f"after {TASK_LIMIT_S / 60:.0f} minutes it still runs. Wait for its end before another try."
        )

    def alias(self, function: str, name: str) -> Alias:
        """Where an alias points to."""
        found = self._client("lambda").get_alias(FunctionName=function, Name=name)
        return Alias(found["FunctionVersion"], found.get("Description", ""))

    def point(self, function: str, name: str, alias: Alias) -> None:
        """Let an alias point to a version."""
        client = self._client("lambda")
        for tries_left in reversed(range(int(ALIAS_BUSY_S / ALIAS_PAUSE_S))):
            try:
                client.update_alias(
                    FunctionName=function,
                    Name=name,
                    FunctionVersion=alias.version,
                    Description=alias.description,
                )
                return
            except client.exceptions.ResourceConflictException:
                if not tries_left:
                    raise
                self._sleep(ALIAS_PAUSE_S)

    def check_health(self, function: str, qualifier: str, path: str) -> None:
        """Ask a version, or what an alias points to, for its health, as the gateway would: several times."""
        said = ""
        for attempt in range(HEALTH_TRIES):
            if attempt:
                self._sleep(HEALTH_PAUSE_S)
            try:
                said = self._ask(function, qualifier, path)
            except (BotoCoreError, ClientError) as error:
                said = str(error)
            if not said:
                return
        raise LocalError(
            f"{function}:{qualifier} is not healthy: {said} Its log: `aws logs tail /aws/lambda/{function}`."
        )

    def _ask(self, function: str, qualifier: str, path: str) -> str:
        """What is wrong; nothing when it is healthy."""
        event = json.dumps(health_event(path)).encode()
        answer = self._client("lambda").invoke(FunctionName=function, Qualifier=qualifier, Payload=event)
        text = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            return f"it failed: {text[:500]}"
        try:
            status = json.loads(text)["statusCode"]
        except (ValueError, LookupError, TypeError):
            return f"it answered {text[:500]!r}"
        return "" if status == 200 else f"GET {path} was answered {status}: {text[:500]}"


def health_event(path: str) -> dict[str, Any]:
    """`GET path` as an HTTP API sends it, payload format 2.0."""
    request = {
        "method": "GET",
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "deploy",
    }
    return {
        "version": "2.0",
        "routeKey": f"GET {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "localhost"},
        "requestContext": {"http": request, "stage": "$default"},
        "isBase64Encoded": False,
    }


def _log(ecs: Any, definition: str, container: str, task: str) -> Log:
    described = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
    (found,) = (each for each in described["containerDefinitions"] if each["name"] == container)
    options = found["logConfiguration"]["options"]
    stream = f"{options['awslogs-stream-prefix']}/{container}/{task.rpartition('/')[2]}"
    return Log(options["awslogs-group"], stream)
