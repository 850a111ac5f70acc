"""What a deployment asks of AWS, by botocore's Stubber: nothing runs in the emulated ECS."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.session import get_session
from botocore.stub import ANY, Stubber

from infra.aws.deploy.cloud import Alias, Cloud
from infra.local.errors import LocalError

pytestmark = pytest.mark.slow

TASK = {
    "container": "prepare",
    "task_definition": "bank-prepare",
    "subnets": ["subnet-1", "subnet-2"],
    "security_group": "sg-1",
}
ARN = "arn:aws:ecs:eu-central-1:123456789012:task/bank/0123456789abcdef0123456789abcdef"
DEFINITION = "arn:aws:ecs:eu-central-1:123456789012:task-definition/bank-prepare:7"
LOG = "aws logs tail /bank/dagster --since 1d --log-stream-names prepare/prepare/0123456789abcdef0123456789abcdef"
URL = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/bank-dagster"
ALIAS = {"FunctionName": "bank-users", "Name": "live", "FunctionVersion": "7", "Description": "version 7"}


class Account:
    """Stubbed clients: what is expected stands in the order in which each client is asked."""

    def __init__(self) -> None:
        session = get_session()
        session.set_credentials("x", "x")
        clients = {
            name: session.create_client(name, region_name="eu-central-1")
            for name in ("sts", "ecr", "ecs", "lambda", "logs", "secretsmanager")
        }
        self.stubs = {name: Stubber(client) for name, client in clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        self.slept: list[float] = []
        self.cloud = Cloud(clients.__getitem__, sleep=self.slept.append)

    def starts_task(self, *command: str) -> None:
        network = {"awsvpcConfiguration": {"subnets": TASK["subnets"], "securityGroups": ["sg-1"]}}
        asked = {"cluster": "bank", "taskDefinition": "bank-prepare", "launchType": "FARGATE"}
        override = {"containerOverrides": [{"name": "prepare", "command": list(command)}]} if command else {}
        self.stubs["ecs"].add_response(
            "run_task",
            {"tasks": [{"taskArn": ARN, "taskDefinitionArn": DEFINITION}], "failures": []},
            {**asked, "networkConfiguration": network, "startedBy": ANY, "overrides": override},
        )
        options = {"awslogs-group": "/bank/dagster", "awslogs-stream-prefix": "prepare"}
        container = {"name": "prepare", "logConfiguration": {"logDriver": "awslogs", "options": options}}
        self.stubs["ecs"].add_response(
            "describe_task_definition",
            {"taskDefinition": {"containerDefinitions": [container]}},
            {"taskDefinition": DEFINITION},
        )

    def prints(self, *pages: str) -> None:
        """One line a page; the last page's token is its own, as CloudWatch does it."""
        asked = {"logGroupName": "/bank/dagster", "logStreamName": ANY, "startFromHead": True}
        for place, line in enumerate((*pages, None)):
            token = {"nextToken": str(place)} if place else {}
            events = [{"message": line}] if line is not None else []
            following = str(place + 1) if line is not None else str(place)
            self.stubs["logs"].add_response(
                "get_log_events", {"events": events, "nextForwardToken": following}, asked | token
            )

    def task_is(self, *statuses: str, **rest: Any) -> None:
        for status in statuses:
            found = [{"lastStatus": status, "containers": [], **rest}] if status else []
            self.stubs["ecs"].add_response("describe_tasks", {"tasks": found}, {"cluster": "bank", "tasks": [ARN]})


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account()
    yield account
    for stub in account.stubs.values():
        stub.assert_no_pending_responses()


class TestCaller:
    def test_it_is_named(self, account: Account) -> None:
        account.stubs["sts"].add_response(
            "get_caller_identity", {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ada"}
        )
        assert account.cloud.caller() == "account 123456789012 as arn:aws:iam::123456789012:user/ada"

    def test_stale_credentials_are_refused_with_what_to_do(self, account: Account) -> None:
        account.stubs["sts"].add_client_error("get_caller_identity", "ExpiredToken", "The token is expired")
        with pytest.raises(LocalError, match=r"The token is expired.*aws sso login.*Nothing was changed"):
            account.cloud.caller()


class TestRequireImage:
    ASKED = {"repositoryName": "bank-dagster", "imageIds": [{"imageTag": "0.3.0-1"}]}  # noqa: RUF012

    def test_an_image_that_is_there_is_taken(self, account: Account) -> None:
        account.stubs["ecr"].add_response("describe_images", {"imageDetails": []}, self.ASKED)
        account.cloud.require_image(URL, "0.3.0-1")

    def test_one_that_was_never_pushed_is_refused(self, account: Account) -> None:
        account.stubs["ecr"].add_client_error(
            "describe_images", "ImageNotFoundException", expected_params=self.ASKED
        )
        with pytest.raises(LocalError, match=r"no image .*/bank-dagster:0\.3\.0-1.*--image-tag"):
            account.cloud.require_image(URL, "0.3.0-1")


class TestPrepare:
    def test_it_waits_for_a_good_end_and_tells_how_it_goes(self, account: Account) -> None:
        account.starts_task()
        account.task_is("", "PENDING", "PENDING", "RUNNING")
        account.task_is("STOPPED", containers=[{"name": "prepare", "exitCode": 0}])
        told: list[str] = []
        account.cloud.prepare("bank", TASK, told.append)
        assert told == [
            f"  task {ARN}\n  its log: `{LOG}`",
            *("  pending", "  running", "  stopped", "  exit code 0"),
        ]
        assert len(account.slept) == 4

    @pytest.mark.parametrize(
        ("container", "code"), [({"exitCode": 1}, "1"), ({"reason": "CannotPullContainerError"}, "None")]
    )
    def test_a_bad_end_names_exit_code_reason_and_log(
        self, account: Account, container: dict[str, Any], code: str
    ) -> None:
        account.starts_task()
        account.task_is("STOPPED", containers=[{"name": "prepare", **container}], stoppedReason="It stopped")
        with pytest.raises(LocalError) as failed:
            account.cloud.prepare("bank", TASK, lambda _: None)
        assert str(failed.value) == f"it ended with exit code {code} (It stopped). Why is in its log: `{LOG}`"

    def test_what_ecs_does_not_start_is_told_with_its_reason(self, account: Account) -> None:
        account.stubs["ecs"].add_response(
            "run_task", {"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]}, None
        )
        with pytest.raises(LocalError, match="RESOURCE:CPU"):
            account.cloud.prepare("bank", TASK, lambda _: None)

    def test_a_task_without_end_is_left_with_a_word(
        self, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.aws.deploy.cloud.TASK_LIMIT_S", 10.0)
        account.starts_task()
        account.task_is("RUNNING", "RUNNING")
        with pytest.raises(LocalError, match="it still runs"):
            account.cloud.prepare("bank", TASK, lambda _: None)


class TestRun:
    @pytest.mark.parametrize("code", [0, 1, 2])
    def test_what_the_command_prints_and_its_exit_code_come_back(self, account: Account, code: int) -> None:
        account.starts_task("verify")
        account.task_is("RUNNING")
        account.task_is("STOPPED", containers=[{"name": "prepare", "exitCode": code}])
        account.prints("The ledger is right: 3 accounts", "Compared with the warehouse.")
        told: list[str] = []
        assert account.cloud.run("bank", TASK, ["verify"], told.append) == code
        assert told[-2:] == ["The ledger is right: 3 accounts", "Compared with the warehouse."]

    def test_one_that_never_began_is_told_with_its_reason(self, account: Account) -> None:
        account.starts_task("verify")
        account.task_is("STOPPED", containers=[{"name": "prepare"}], stoppedReason="CannotPullContainerError")
        with pytest.raises(LocalError, match="verify: it never began: CannotPullContainerError"):
            account.cloud.run("bank", TASK, ["verify"], lambda _: None)

    def test_one_with_a_command_of_its_own(self, account: Account) -> None:
        account.starts_task()
        account.task_is("STOPPED", containers=[{"name": "prepare"}], stoppedReason="CannotPullContainerError")
        with pytest.raises(LocalError, match="prepare: it never began: CannotPullContainerError"):
            account.cloud.run("bank", TASK, [], lambda _: None)


class TestRotate:
    ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bank/database/users_app"
    NEW = "0123456789abcdef0123456789abcdef"

    def becomes(self, account: Account, *stages: str) -> None:
        versions = {self.NEW: list(stages)} if stages else {}
        account.stubs["secretsmanager"].add_response(
            "describe_secret", {"VersionIdsToStages": versions}, {"SecretId": self.ARN}
        )

    def test_the_new_password_is_waited_for(self, account: Account) -> None:
        account.stubs["secretsmanager"].add_response(
            "rotate_secret", {"VersionId": self.NEW}, {"SecretId": self.ARN}
        )
        self.becomes(account)
        self.becomes(account, "AWSPENDING")
        self.becomes(account, "AWSCURRENT", "AWSPENDING")
        assert account.cloud.wait_rotated(self.ARN, account.cloud.rotate(self.ARN)) is True
        assert len(account.slept) == 2

    def test_not_forever(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("infra.aws.deploy.cloud.ROTATION_LIMIT_S", 4.0)
        self.becomes(account, "AWSPENDING")
        self.becomes(account, "AWSPENDING")
        assert account.cloud.wait_rotated(self.ARN, self.NEW) is False


class TestObey:
    ASKED = {"FunctionName": "bank-users", "Qualifier": "live", "Payload": ANY}  # noqa: RUF012

    def answers(self, account: Account, content: Any, **rest: str) -> None:
        payload = StreamingBody(io.BytesIO(text := json.dumps(content).encode()), len(text))
        account.stubs["lambda"].add_response("invoke", {"StatusCode": 200, "Payload": payload, **rest}, self.ASKED)

    def test_the_result_comes_back(self, account: Account) -> None:
        self.answers(account, {"result": "a password"})
        assert account.cloud.obey("bank-users", "live", "add_staff", {"email": "a@b.example"}) == "a password"

    def test_a_refusal_is_told_with_its_fields(self, account: Account) -> None:
        errors = [{"field": "email", "message": "It is none."}]
        self.answers(account, {"error": {"detail": "That can't be.", "errors": errors}})
        with pytest.raises(LocalError, match=r"That can't be\. email: It is none\."):
            account.cloud.obey("bank-users", "live", "add_staff", {})

    @pytest.mark.parametrize(
        ("content", "rest"), [({"errorMessage": "x"}, {"FunctionError": "Unhandled"}), ({"is_warm": True}, {})]
    )
    def test_a_function_that_fails_or_is_too_old_names_its_log(
        self, account: Account, content: Any, rest: dict[str, str]
    ) -> None:
        self.answers(account, content, **rest)
        with pytest.raises(LocalError, match="aws logs tail /aws/lambda/bank-users"):
            account.cloud.obey("bank-users", "live", "add_staff", {})


class TestPoint:
    def test_it_waits_while_lambda_makes_warm_instances(self, account: Account) -> None:
        for _ in range(2):
            account.stubs["lambda"].add_client_error(
                "update_alias", "ResourceConflictException", expected_params=ALIAS
            )
        account.stubs["lambda"].add_response("update_alias", {}, ALIAS)
        account.cloud.point("bank-users", "live", Alias("7", "version 7"))
        assert len(account.slept) == 2

    def test_it_does_not_wait_forever(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("infra.aws.deploy.cloud.ALIAS_BUSY_S", 10.0)
        for _ in range(2):
            account.stubs["lambda"].add_client_error("update_alias", "ResourceConflictException", "It is busy")
        with pytest.raises(Exception, match="It is busy"):
            account.cloud.point("bank-users", "live", Alias("7", "version 7"))
        assert len(account.slept) == 1
