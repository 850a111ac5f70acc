"""Aliases are moved all or none: against emulated Lambda functions, whose health the test tells."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
import pytest

from infra.aws.deploy.aliases import Move, move, version_before
from infra.aws.deploy.cloud import HEALTH_TRIES, Alias, Cloud
from infra.local.errors import LocalError

HEALTHY = {"statusCode": 200, "body": "{}"}


@dataclass
class Lambda:
    """An emulated Lambda: `answers` tells what a function's qualifier answers, for nothing runs there."""

    real: Any
    answers: Callable[[str, str], Any] = lambda _function, _qualifier: HEALTHY
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def invoke(self, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert json.loads(Payload)["rawPath"].endswith("/health")
        self.asked.append((FunctionName, Qualifier))
        answer = self.answers(FunctionName, Qualifier)
        if isinstance(answer, Exception):
            raise answer
        error = {"FunctionError": "Unhandled"} if answer is None else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **error}


@pytest.fixture(scope="module")
def client(aws: Mapping[str, str]) -> Callable[[str], Any]:
    return lambda service: boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        region_name=aws["AWS_REGION"],
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture
def lambdas(client: Callable[[str], Any]) -> Lambda:
    return Lambda(client("lambda"))


@pytest.fixture
def cloud(lambdas: Lambda) -> Cloud:
    return Cloud({"lambda": lambdas}.__getitem__, sleep=lambda _: None)


@pytest.fixture
def moves(client: Callable[[str], Any], lambdas: Lambda) -> list[Move]:
    """Two functions with versions 1 and 2, whose aliases point to 1."""
    role = client("iam").create_role(RoleName=uuid4().hex, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    made = []
    for service in ("users", "accounts"):
        name = f"{service}-{uuid4().hex[:8]}"
        lambdas.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="x.y",
            Code={"ZipFile": archive("1")},
            Publish=True,
        )
        lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        lambdas.update_function_code(FunctionName=name, ZipFile=archive("2"), Publish=True)
        made.append(Move(name, "live", "2", f"/{service}/health"))
    return made


def archive(content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("x.py", content)
    return buffer.getvalue()


def versions(cloud: Cloud, moves: list[Move]) -> list[str]:
    return [cloud.alias(each.function, each.alias).version for each in moves]


class TestMove:
    def test_all_move_when_all_are_healthy(self, cloud: Cloud, lambdas: Lambda, moves: list[Move]) -> None:
        move(moves, cloud, lambda _: None)
        assert versions(cloud, moves) == ["2", "2"]
        users, accounts = (each.function for each in moves)
        # Each version before any alias, and then by its alias.
        assert lambdas.asked == [(users, "2"), (accounts, "2"), (users, "live"), (accounts, "live")]
        assert version_before(users, cloud.alias(users, "live")) == "1"

    def test_a_sick_version_gets_no_call_of_a_customer(
        self, cloud: Cloud, lambdas: Lambda, moves: list[Move]
    ) -> None:
        sick = (moves[1].function, "2")
        lambdas.answers = lambda *asked: {"statusCode": 503, "body": "no database"} if asked == sick else HEALTHY
        with pytest.raises(
            LocalError, match=r"is not healthy: GET /accounts/health was answered 503.*no database"
        ):
            move(moves, cloud, lambda _: None)
        assert versions(cloud, moves) == ["1", "1"]
        assert "live" not in [qualifier for _, qualifier in lambdas.asked]
        assert lambdas.asked.count(sick) == HEALTH_TRIES

    @pytest.mark.parametrize("answer", [None, {"statusCode": 500}, "no form at all"])
    def test_when_one_is_sick_behind_its_alias_all_go_back(
        self, cloud: Cloud, lambdas: Lambda, moves: list[Move], answer: Any
    ) -> None:
        sick = (moves[1].function, "live")
        lambdas.answers = lambda *asked: answer if asked == sick else HEALTHY
        told: list[str] = []
        with pytest.raises(LocalError, match=f"{moves[1].function}:live is not healthy"):
            move(moves, cloud, told.append)
        assert versions(cloud, moves) == ["1", "1"]
        assert [cloud.alias(each.function, "live").description for each in moves] == ["", ""]
        assert [line for line in told if line.endswith("again")] == [
            f"  {each.function}: live points to version 1 again" for each in reversed(moves)
        ]

    def test_an_interruption_takes_back_what_has_moved(
        self, cloud: Cloud, lambdas: Lambda, moves: list[Move]
    ) -> None:
        def interrupt(function: str, qualifier: str) -> Any:
            if (function, qualifier) == (moves[1].function, "live"):
                raise KeyboardInterrupt
            return HEALTHY

        lambdas.answers = interrupt
        with pytest.raises(KeyboardInterrupt):
            move(moves, cloud, lambda _: None)
        assert versions(cloud, moves) == ["1", "1"]

    def test_it_waits_for_a_function_that_is_slow_to_come(
        self, cloud: Cloud, lambdas: Lambda, moves: list[Move]
    ) -> None:
        lambdas.answers = lambda *asked: HEALTHY if lambdas.asked.count(asked) == HEALTH_TRIES else None
        move(moves, cloud, lambda _: None)
        assert versions(cloud, moves) == ["2", "2"]

    def test_an_alias_that_cannot_go_back_is_named_with_what_to_do(
        self, cloud: Cloud, lambdas: Lambda, moves: list[Move], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lambdas.answers = lambda _function, qualifier: None if qualifier == "live" else HEALTHY
        point = cloud.point

        def refuse(function: str, name: str, alias: Alias) -> None:
            # AWS refuses as soon as the function is gone.
            point(function if alias.version == "2" else "gone", name, alias)

        monkeypatch.setattr(cloud, "point", refuse)
        with pytest.raises(LocalError) as failed:
            move(moves, cloud, lambda _: None)
        assert f"--function-name {moves[0].function} --name live --function-version 1" in str(failed.value)

    def test_again_it_only_asks(self, cloud: Cloud, moves: list[Move]) -> None:
        move(moves, cloud, lambda _: None)
        told: list[str] = []
        move(moves, cloud, told.append)
        assert told[-1] == "  all aliases point there already"
        assert version_before("users", cloud.alias(moves[0].function, "live")) == "1"


class TestVersionBefore:
    def test_without_a_note_it_says_how_to_find_one(self) -> None:
        with pytest.raises(LocalError, match="list-versions-by-function --function-name bank-users"):
            version_before("bank-users", Alias("7", ""))
