"""The emulated AWS: what it keeps, what it forgets."""

import base64
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions
import httpx
import pytest
from botocore.config import Config

from infra.local.emulator import HEALTH_PATH
from infra.local.ports import free_port
from tests.cluster import REPOSITORY

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEY_ID = "the-right-key-id"


class Emulator:
    """The emulator as a process, to be killed and started again."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.client = self.connect()

    def connect(self, key_id: str = KEY_ID, region: str = "eu-central-1") -> "DynamoDBClient":
        return boto3.client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=region,
            aws_access_key_id=key_id,
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.emulator", "--port", str(self.port), "--file", str(self.file)],
            cwd=REPOSITORY,
            env={"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": KEY_ID},
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}{HEALTH_PATH}").raise_for_status()
                return
            except httpx.TransportError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def restart(self) -> None:
        self.kill()
        self.start()

    def bytes_on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.file.parent.iterdir()))

    def create_table(self, name: str = "photo", sort_key: bool = False) -> None:
        keys = [("user_id", "HASH"), ("version", "RANGE")][: 2 if sort_key else 1]
        self.client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": n, "KeyType": t} for n, t in keys],  # type: ignore[typeddict-item]
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n, _ in keys],
            BillingMode="PAY_PER_REQUEST",
        )

    def get(self, user_id: str, table: str = "photo", **key: str) -> dict[str, Any] | None:
        names = {"user_id": {"S": user_id}} | {name: {"S": value} for name, value in key.items()}
        return self.client.get_item(TableName=table, Key=names).get("Item")


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path / "aws.sqlite")
    emulator.start()
    yield emulator
    emulator.client.close()
    emulator.kill()


class TestRestart:
    def test_every_kind_of_write_survives_a_kill(self, emulator: Emulator) -> None:
        emulator.create_table()
        emulator.create_table("key", sort_key=True)
        item: dict[str, Any] = {
            "user_id": {"S": "ada"},
            "photo": {"B": b"\x00\xff"},
            "nested": {
                "L": [{"SS": ["a"]}, {"M": {"b": {"B": b"\xfe"}, "n": {"N": "1.5"}, "none": {"NULL": True}}}]
            },
        }
        emulator.client.put_item(TableName="photo", Item=item)
        emulator.client.put_item(TableName="photo", Item={"user_id": {"S": "bob"}})
        emulator.client.put_item(TableName="photo", Item={"user_id": {"S": "eve"}})
        emulator.client.update_item(
            TableName="photo",
            Key={"user_id": {"S": "new"}},
            UpdateExpression="set #s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": "pending"}},
        )
        emulator.client.delete_item(TableName="photo", Key={"user_id": {"S": "bob"}})
        emulator.client.batch_write_item(
            RequestItems={
                "key": [
                    {"PutRequest": {"Item": {"user_id": {"S": "ada"}, "version": {"S": str(n)}}}} for n in range(3)
                ],
                "photo": [{"DeleteRequest": {"Key": {"user_id": {"S": "eve"}}}}],
            }
        )
        emulator.client.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "key", "Item": {"user_id": {"S": "cy"}, "version": {"S": "1"}}}},
                {"Delete": {"TableName": "key", "Key": {"user_id": {"S": "ada"}, "version": {"S": "0"}}}},
                {
                    "Update": {
                        "TableName": "photo",
                        "Key": {"user_id": {"S": "new"}},
                        "UpdateExpression": "set reason = :r",
                        "ExpressionAttributeValues": {":r": {"S": "blurred"}},
                    }
                },
            ]
        )
        before = [emulator.client.scan(TableName=table)["Items"] for table in ("photo", "key")]
        emulator.restart()
        after = [emulator.client.scan(TableName=table)["Items"] for table in ("photo", "key")]
        for rows_before, rows_after in zip(before, after, strict=True):
            assert sorted(rows_after, key=str) == sorted(rows_before, key=str)
        assert emulator.get("ada") == item
        assert emulator.get("new") == {
            "user_id": {"S": "new"},
            "status": {"S": "pending"},
            "reason": {"S": "blurred"},
        }
        assert [emulator.get("ada", "key", version=v) is None for v in "012"] == [True, False, False]

    def test_what_was_refused_is_not_kept(self, emulator: Emulator) -> None:
        emulator.create_table()
        emulator.client.put_item(TableName="photo", Item={"user_id": {"S": "ada"}, "n": {"N": "1"}})
        with pytest.raises(emulator.client.exceptions.ConditionalCheckFailedException):
            emulator.client.put_item(
                TableName="photo",
                Item={"user_id": {"S": "ada"}, "n": {"N": "2"}},
                ConditionExpression="attribute_not_exists(user_id)",
            )
        with pytest.raises(emulator.client.exceptions.TransactionCanceledException):
            emulator.client.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": "photo", "Item": {"user_id": {"S": "bob"}}}},
                    {
                        "ConditionCheck": {
                            "TableName": "photo",
                            "Key": {"user_id": {"S": "ada"}},
                            "ConditionExpression": "attribute_not_exists(user_id)",
                        }
                    },
                ]
            )
        emulator.restart()
        assert emulator.get("ada") == {"user_id": {"S": "ada"}, "n": {"N": "1"}}
        assert emulator.get("bob") is None

    def test_tables_keep_their_settings(self, emulator: Emulator) -> None:
        emulator.create_table()
        emulator.client.update_time_to_live(
            TableName="photo", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )
        emulator.client.update_continuous_backups(
            TableName="photo", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        emulator.restart()
        ttl = emulator.client.describe_time_to_live(TableName="photo")["TimeToLiveDescription"]
        assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
        backups = emulator.client.describe_continuous_backups(TableName="photo")
        description = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert description["PointInTimeRecoveryStatus"] == "ENABLED"

    def test_a_deleted_table_stays_deleted(self, emulator: Emulator) -> None:
        emulator.create_table()
        emulator.client.put_item(TableName="photo", Item={"user_id": {"S": "ada"}})
        emulator.client.delete_table(TableName="photo")
        emulator.restart()
        assert emulator.client.list_tables()["TableNames"] == []
        emulator.create_table()
        assert emulator.get("ada") is None

    def test_regions_are_apart(self, emulator: Emulator) -> None:
        emulator.create_table()
        emulator.restart()
        assert emulator.connect(region="us-east-1").list_tables()["TableNames"] == []
        assert emulator.client.list_tables()["TableNames"] == ["photo"]

    def test_all_that_was_acknowledged_before_a_kill_is_there(self, emulator: Emulator) -> None:
        emulator.create_table()
        for number in range(50):
            emulator.client.put_item(TableName="photo", Item={"user_id": {"S": f"user-{number}"}})
        emulator.restart()
        assert emulator.client.scan(TableName="photo")["Count"] == 50


class TestForget:
    def test_no_byte_of_a_deleted_or_replaced_item_stays(self, emulator: Emulator) -> None:
        dice = random.Random(7)
        emulator.create_table()
        gone: list[bytes] = []
        alive: dict[str, bytes] = {}
        for _ in range(150):
            user_id = f"user-{dice.randrange(25)}"
            if user_id in alive:
                gone.append(alive.pop(user_id))
            if dice.random() < 0.6:
                photo = dice.randbytes(dice.choice([40, 900, 5_000, 60_000]))
                alive[user_id] = photo
                emulator.client.put_item(
                    TableName="photo", Item={"user_id": {"S": user_id}, "photo": {"B": photo}}
                )
            else:
                emulator.client.delete_item(TableName="photo", Key={"user_id": {"S": user_id}})
        emulator.kill()
        disk = emulator.bytes_on_disk()
        for photo in alive.values():
            assert base64.b64encode(photo)[:30] in disk
        for photo in gone:
            text = base64.b64encode(photo)
            for start in range(0, len(text) - 24, 2_000):
                assert text[start : start + 24] not in disk

    def test_a_deleted_table_leaves_nothing(self, emulator: Emulator) -> None:
        emulator.create_table()
        for number in range(30):
            item = {"user_id": {"S": f"user-{number}"}, "name": {"S": f"canary-{number}" * 300}}
            emulator.client.put_item(TableName="photo", Item=item)
        assert b"canary" in emulator.bytes_on_disk()
        emulator.client.delete_table(TableName="photo")
        assert b"canary" not in emulator.bytes_on_disk()


class TestRefuse:
    def test_other_key_id(self, emulator: Emulator) -> None:
        stranger = emulator.connect(key_id="another")
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            stranger.list_tables()
        stranger.close()

    @pytest.mark.parametrize("path", ["/moto-api/reset", "/moto-api/data.json", "/"])
    def test_unsigned(self, emulator: Emulator, path: str) -> None:
        answer = httpx.post(f"http://127.0.0.1:{emulator.port}{path}")
        assert answer.status_code == 403

    def test_calls_that_would_be_forgotten(self, emulator: Emulator) -> None:
        emulator.create_table()
        with pytest.raises(botocore.exceptions.ClientError, match="keeps no trace of ExecuteStatement"):
            emulator.client.execute_statement(Statement="delete from photo where user_id = 'ada'")

    def test_a_full_disk_ends_the_process_before_anyone_is_answered(self, emulator: Emulator) -> None:
        emulator.create_table()
        emulator.file.unlink()
        emulator.file.mkdir()
        assert emulator.process is not None
        with pytest.raises(botocore.exceptions.ConnectionClosedError):
            emulator.client.put_item(TableName="photo", Item={"user_id": {"S": "ada"}})
        assert emulator.process.wait(10) == 1
