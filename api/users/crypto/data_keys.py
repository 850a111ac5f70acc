"""A data key per user, wrapped by the master key, in a DynamoDB table of its own.

The table's backups expire within days, the database's need not: once a user's item is deleted here, nothing that
was encrypted with it can be read again. Unwrapped keys are therefore never cached.
"""

import logging
import secrets
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from api.shared.aws import aws_errors, make_client
from api.users.crypto.master_key import KEY_BYTES, MasterKey, UnwrapError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

logger = logging.getLogger("tidemark.security")

BATCH = 100


class DataKeyDestroyed(Exception):
    """This user's data key does not exist (any more)."""


class _Changed(Exception):
    """Somebody else changed the item first."""


@dataclass(frozen=True)
class DataKey:
    """A user's AES-256 key; `id` stands in every row that was encrypted with it."""

    id: UUID
    user_id: UUID
    secret: bytes = field(repr=False)


class DataKeys:
    """Makes, fetches and destroys data keys. Calls block: run them in a thread."""

    def __init__(self, table: str, master_key: MasterKey) -> None:
        self._table = table
        self._master = master_key
        self._lock = threading.Lock()
        self._made: DynamoDBClient | None = None

    def create(self, user_id: UUID) -> DataKey:
        """A new key for a new user."""
        key = DataKey(uuid4(), user_id, secrets.token_bytes(KEY_BYTES))
        master_key_id, wrapped = self._master.wrap(key.secret, _context(key.user_id, key.id))
        with aws_errors():
            self._client().put_item(
                TableName=self._table,
                Item={
                    "user_id": {"S": str(user_id)},
                    "data_key_id": {"S": str(key.id)},
                    "master_key_id": {"S": master_key_id},
                    "wrapped_key": {"B": wrapped},
                },
                ConditionExpression="attribute_not_exists(user_id)",
            )
        return key

    def get(self, user_id: UUID) -> DataKey:
        """The user's key. Raises DataKeyDestroyed when there is none, UnwrapError when it cannot be unwrapped."""
        with aws_errors():
            answer = self._client().get_item(
                TableName=self._table, Key={"user_id": {"S": str(user_id)}}, ConsistentRead=True
            )
        if "Item" not in answer:
            raise DataKeyDestroyed
        return self._unwrap(answer["Item"])

    def destroy(self, user_id: UUID) -> None:
        """Deletes the user's key; doing so again changes nothing."""
        with aws_errors():
            self._client().delete_item(TableName=self._table, Key={"user_id": {"S": str(user_id)}})

    def rewrap_all(self) -> int:
        """Wraps every key with the master key's present version, while others read them; returns how many."""
        current = self._master.current_id()
        items = (item for item in self._scan() if item["master_key_id"]["S"] != current)
        with ThreadPoolExecutor(8) as pool:
            return sum(pool.map(self._rewrap, items))

    def _rewrap(self, item: dict[str, Any]) -> bool:
        try:
            key = self._unwrap(item)
        except UnwrapError:
            logger.error("a data key cannot be unwrapped", extra={"fields": {"alarm": True, **_place(item)}})
            return False
        master_key_id, wrapped = self._master.wrap(key.secret, _context(key.user_id, key.id))
        try:
            with aws_errors({"ConditionalCheckFailedException": _Changed}):
                self._client().update_item(
                    TableName=self._table,
                    Key={"user_id": item["user_id"]},
                    UpdateExpression="SET wrapped_key = :wrapped, master_key_id = :id",
                    # A user deleted meanwhile must not come back.
                    ConditionExpression="wrapped_key = :before",
                    ExpressionAttributeValues={
                        ":wrapped": {"B": wrapped},
                        ":id": {"S": master_key_id},
                        ":before": {"B": item["wrapped_key"]["B"]},
                    },
                )
        except _Changed:
            return False
        return True

    def _scan(self) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            with aws_errors():
                page = self._client().scan(TableName=self._table, ConsistentRead=True, Limit=BATCH, **start)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _unwrap(self, item: dict[str, Any]) -> DataKey:
        user_id, key_id = UUID(item["user_id"]["S"]), UUID(item["data_key_id"]["S"])
        secret = self._master.unwrap(
            item["master_key_id"]["S"], bytes(item["wrapped_key"]["B"]), _context(user_id, key_id)
        )
        return DataKey(key_id, user_id, secret)

    def _client(self) -> "DynamoDBClient":
        with self._lock:
            self._made = self._made or make_client("dynamodb")
            return self._made


def _place(item: dict[str, Any]) -> dict[str, str]:
    return {"user_id": item["user_id"]["S"], "master_key_id": item["master_key_id"]["S"]}


def _context(user_id: UUID, key_id: UUID) -> dict[str, str]:
    return {"purpose": "data-key", "user_id": str(user_id), "data_key_id": str(key_id)}


def create_tables(names: Sequence[str]) -> None:
    """Makes the DynamoDB tables that are absent, keyed by user_id."""
    client: DynamoDBClient = make_client("dynamodb")
    with aws_errors():
        present = {name for page in client.get_paginator("list_tables").paginate() for name in page["TableNames"]}
        for name in names:
            if name not in present:
                client.create_table(
                    TableName=name,
                    KeySchema=[{"AttributeName": "user_id", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": "user_id", "AttributeType": "S"}],
                    BillingMode="PAY_PER_REQUEST",
                )
        for name in names:
            client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
