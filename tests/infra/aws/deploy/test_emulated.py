"""With functions that really run: one that is not healthy takes none along, and a dead letter is replayed."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from infra.aws.deploy import aliases
from infra.aws.deploy.aliases import Move
from infra.aws.deploy.cloud import Cloud
from infra.aws.deploy.functions import Functions as Helpers
from infra.local.cloud.archives import target
from infra.local.cloud.deployment import HEALTH_PATH
from infra.local.errors import LocalError
from infra.local.ports import free_port
from infra.local.services import SERVICES
from infra.package.archive import build
from tests.cluster import REPOSITORY
from tests.infra.emulated_lambda import ACCOUNT, REGION, emulated_lambda
from tests.infra.functions.fake_dagster import FakeDagster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

HEALTHY = "{'statusCode': 200, 'body': event['rawPath'] + ' VERSION'}"
SICK = "{'statusCode': 503, 'body': 'no database VERSION'}"
BROKEN = "1 / 0"


class Functions:
    """The services' functions: their code is one expression."""

    def __init__(self, client: Any) -> None:
        self.client = client
        for name in SERVICES:
            client.create_function(
                FunctionName=name,
                Runtime=f"python{target().python}",
                Role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
                Handler="handler.handler",
                Code={"ZipFile": archive(HEALTHY, "1")},
                Publish=True,
            )
            client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    def publish(self, name: str, expression: str) -> str:
        """The new version's number."""
        code = archive(expression, str(time.monotonic()))
        return str(self.client.update_function_code(FunctionName=name, ZipFile=code, Publish=True)["Version"])

    def live(self) -> dict[str, str]:
        """By service: the version that its alias points to."""
        return {
            name: self.client.get_alias(FunctionName=name, Name="live")["FunctionVersion"] for name in SERVICES
        }

    def answers(self, name: str) -> int:
        """What a caller of the alias gets."""
        event = json.dumps({"rawPath": "/"}).encode()
        answer = self.client.invoke(FunctionName=name, Qualifier="live", Payload=event)
        return int(json.loads(answer["Payload"].read())["statusCode"])


def archive(expression: str, version: str) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as content:
        code = f"def handler(event, context):\n    return {expression.replace('VERSION', version)}\n"
        content.writestr("handler.py", code)
    return file.getvalue()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with emulated_lambda(tmp_path_factory.mktemp("lambda"), f"127.0.0.1:{port}", "apigateway,sqs"):
        deadline = time.monotonic() + 120
        while not _is_there(url + HEALTH_PATH):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield lambda service: boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(read_timeout=90),
        )


def _is_there(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def functions(client: Callable[[str], Any]) -> Functions:
    return Functions(client("lambda"))


@pytest.fixture
def cloud(client: Callable[[str], Any]) -> Cloud:
    return Cloud(client, sleep=lambda _: None)


def moves(versions: dict[str, str]) -> list[Move]:
    return [Move(name, "live", versions[name], service.health_path) for name, service in SERVICES.items()]


class TestMove:
    @pytest.mark.parametrize(
        ("expression", "reason"),
        [(SICK, "GET /stats/health was answered 503: .*no database"), (BROKEN, "it failed: .*division by zero")],
        ids=["sick", "broken"],
    )
    def test_one_that_fails_its_check_leaves_all_where_they_were(
        self, functions: Functions, cloud: Cloud, expression: str, reason: str
    ) -> None:
        before = functions.live()
        versions = {name: functions.publish(name, HEALTHY) for name in SERVICES}
        versions["stats"] = functions.publish("stats", expression)
        with pytest.raises(LocalError, match=reason):
            aliases.move(moves(versions), cloud, lambda _: None)
        assert functions.live() == before
        assert [functions.answers(name) for name in SERVICES] == [200] * len(SERVICES)

    def test_one_that_fails_only_behind_its_alias_takes_the_others_back(
        self, functions: Functions, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As when its warm instances can't be made: by its number it answers, by its alias it does not."""
        before = functions.live()
        versions = {name: functions.publish(name, HEALTHY) for name in SERVICES}
        ask = cloud.check_health

        def spoilt(function: str, qualifier: str, path: str) -> None:
            if (function, qualifier) == ("stats", "live"):
                sick = functions.publish("stats", SICK)
                functions.client.update_alias(FunctionName="stats", Name="live", FunctionVersion=sick)
            ask(function, qualifier, path)

        monkeypatch.setattr(cloud, "check_health", spoilt)
        told: list[str] = []
        with pytest.raises(LocalError, match="stats:live is not healthy"):
            aliases.move(moves(versions), cloud, told.append)
        assert functions.live() == before
        assert f"  users: live points to version {before['users']} again" in told
        assert [functions.answers(name) for name in SERVICES] == [200] * len(SERVICES)

    def test_healthy_ones_move_and_go_back_by_what_is_written_at_them(
        self, functions: Functions, cloud: Cloud
    ) -> None:
        before = functions.live()
        versions = {name: functions.publish(name, HEALTHY) for name in SERVICES}
        aliases.move(moves(versions), cloud, lambda _: None)
        assert functions.live() == versions
        back = {name: aliases.version_before(name, cloud.alias(name, "live")) for name in SERVICES}
        assert back == before
        aliases.move(moves(back), cloud, lambda _: None)
        assert functions.live() == before


class TestDeadLetters:
    @pytest.fixture
    def fake(self) -> Iterator[FakeDagster]:
        fake = FakeDagster()
        yield fake
        fake.end()

    def test_a_close_that_failed_for_good_is_replayed(
        self, client: Callable[[str], Any], fake: FakeDagster, tmp_path: Path
    ) -> None:
        """The message is as Lambda's documentation shows one: the emulator writes another form."""
        queues = client("sqs")
        client("lambda").create_function(
            FunctionName="kickoff",
            Runtime=f"python{target().python}",
            Role=f"arn:aws:iam::{ACCOUNT}:role/kickoff",
            Handler="infra.functions.kickoff.handler.handler",
            Code={
                "ZipFile": build("kickoff", target(), REPOSITORY, tmp_path / "work", tmp_path).file.read_bytes()
            },
            Timeout=150,
            Environment={"Variables": {"TIDEMARK_DAGSTER_GRAPHQL_URL": fake.url, "TIDEMARK_TIME_ZONE": "UTC"}},
        )
        queue = queues.create_queue(QueueName="dead-letters")["QueueUrl"]
        told = {"RequestID": "1", "ErrorCode": "200", "ErrorMessage": "Dagster is away"}
        queues.send_message(
            QueueUrl=queue,
            MessageBody='{"scheduled_at": "2026-11-26T00:00:00Z"}',
            MessageAttributes={name: {"StringValue": text, "DataType": "String"} for name, text in told.items()},
        )
        helpers = Helpers(client)
        (letter,) = helpers.dead_letters(queue)
        assert letter.reason == "Dagster is away"
        helpers.replay("kickoff", queue, letter)
        deadline = time.monotonic() + 120
        while fake.runs != [["close_daily", "2026-11-26", "QUEUED"]]:
            assert time.monotonic() < deadline, fake.runs
            time.sleep(0.2)
        assert list(helpers.dead_letters(queue)) == []
