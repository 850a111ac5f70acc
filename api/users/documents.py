"""Identity documents in DynamoDB: user_id, name, photo, status. Name and photo are ciphertexts.

The database decides about a photo's status and version; the item follows it. Each photo has a version, and a
write of an older one than the item holds is refused.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from api.shared.aws import aws_errors, make_client
from api.shared.errors import Conflict
from api.users.crypto import fields
from api.users.crypto.data_keys import DataKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PLACE = "identity"
_IS_REPLACEABLE = "attribute_not_exists(user_id) OR (photo_version <= :version AND #status <> :approved)"


@dataclass(frozen=True)
class Photo:
    """One version of a user's photo, still encrypted."""

    version: int
    sealed: bytes


class IdentityDocuments:
    """Calls block: run them in a thread. All raise Unavailable when DynamoDB cannot be reached."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._lock = threading.Lock()
        self._made: DynamoDBClient | None = None

    def put(self, key: DataKey, *, name: str, photo: bytes, version: int) -> None:
        """Stores a photo that now waits for review. Raises Conflict when a newer or approved one is there."""
        with aws_errors({"ConditionalCheckFailedException": Conflict}):
            self._client().put_item(
                TableName=self._table,
                Item={
                    "user_id": {"S": str(key.user_id)},
                    "data_key_id": {"S": str(key.id)},
                    "name": {"B": fields.encrypt(key, PLACE, "name", name.encode())},
                    "photo": {"B": fields.encrypt(key, PLACE, "photo", photo)},
                    "photo_version": {"N": str(version)},
                    "status": {"S": "pending"},
                    "submitted_at": {"S": datetime.now(UTC).isoformat()},
                },
                ConditionExpression=_IS_REPLACEABLE,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":version": {"N": str(version)}, ":approved": {"S": "approved"}},
            )

    def set_status(self, user_id: UUID, *, version: int, status: str) -> None:
        """Notes what was decided about a version. Raises Conflict when the item holds another version."""
        with aws_errors({"ConditionalCheckFailedException": Conflict}):
            self._client().update_item(
                TableName=self._table,
                Key={"user_id": {"S": str(user_id)}},
                UpdateExpression="SET #status = :status",
                ConditionExpression="photo_version = :version",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":status": {"S": status}, ":version": {"N": str(version)}},
            )

    def get(self, user_id: UUID) -> Photo | None:
        """The user's photo, or None."""
        with aws_errors():
            answer = self._client().get_item(
                TableName=self._table, Key={"user_id": {"S": str(user_id)}}, ConsistentRead=True
            )
        item = answer.get("Item")
        return None if item is None else Photo(int(item["photo_version"]["N"]), bytes(item["photo"]["B"]))

    def delete(self, user_id: UUID) -> None:
        """Removes the user's document; doing so again changes nothing."""
        with aws_errors():
            self._client().delete_item(TableName=self._table, Key={"user_id": {"S": str(user_id)}})

    def _client(self) -> "DynamoDBClient":
        with self._lock:
            self._made = self._made or make_client("dynamodb")
            return self._made


def open_photo(key: DataKey, photo: Photo) -> bytes:
    """The JPEG. Raises Unreadable."""
    return fields.decrypt(key, PLACE, "photo", photo.sealed)
