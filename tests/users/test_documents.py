"""Identity documents in DynamoDB: which write counts, and that the largest one fits."""

from typing import Any
from uuid import uuid4

import boto3
import pytest

from api.shared.errors import Conflict
from api.users.crypto.data_keys import DataKey, create_tables
from api.users.documents import IdentityDocuments, open_photo
from api.users.identity.images import PHOTO_STORED_MAX_BYTES
from api.users.validation import NAME_MAX_CHARACTERS

TABLE = "identity-of-these-tests"
ITEM_MAX_BYTES = 400 << 10


@pytest.fixture(scope="module")
def documents(aws_environment: None) -> IdentityDocuments:
    create_tables([TABLE])
    return IdentityDocuments(TABLE)


@pytest.fixture
def key() -> DataKey:
    """A new user's."""
    return DataKey(uuid4(), uuid4(), b"k" * 32)


def item_of(key: DataKey) -> dict[str, Any]:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    return client.get_item(TableName=TABLE, Key={"user_id": {"S": str(key.user_id)}})["Item"]


class TestPut:
    def put(self, documents: IdentityDocuments, key: DataKey, photo: bytes, version: int) -> None:
        documents.put(key, name="Ada", photo=photo, version=version)

    def test_an_older_version_is_refused(self, documents: IdentityDocuments, key: DataKey) -> None:
        self.put(documents, key, b"second", 2)
        with pytest.raises(Conflict):
            self.put(documents, key, b"first", 1)
        kept = documents.get(key.user_id)
        assert kept is not None
        assert (kept.version, open_photo(key, kept)) == (2, b"second")

    def test_the_same_version_again_takes_its_place(self, documents: IdentityDocuments, key: DataKey) -> None:
        for photo in (b"lost", b"kept"):
            self.put(documents, key, photo, 1)
        kept = documents.get(key.user_id)
        assert kept is not None
        assert open_photo(key, kept) == b"kept"

    def test_an_approved_one_is_never_replaced(self, documents: IdentityDocuments, key: DataKey) -> None:
        self.put(documents, key, b"first", 1)
        documents.set_status(key.user_id, version=1, status="approved")
        with pytest.raises(Conflict):
            self.put(documents, key, b"second", 2)

    def test_a_rejected_one_is(self, documents: IdentityDocuments, key: DataKey) -> None:
        self.put(documents, key, b"first", 1)
        documents.set_status(key.user_id, version=1, status="rejected")
        self.put(documents, key, b"second", 2)
        assert (item_of(key)["photo_version"]["N"], item_of(key)["status"]["S"]) == ("2", "pending")

    def test_the_largest_fits_into_an_item(self, documents: IdentityDocuments, key: DataKey) -> None:
        documents.put(
            key, name="\U00020000" * NAME_MAX_CHARACTERS, photo=bytes(PHOTO_STORED_MAX_BYTES), version=2**31 - 1
        )
        size = sum(
            len(name) + len(value if isinstance(value, bytes) else str(value).encode())
            for name, kinds in item_of(key).items()
            for value in kinds.values()
        )
        assert PHOTO_STORED_MAX_BYTES < size <= ITEM_MAX_BYTES


class TestSetStatus:
    def test_of_another_version_or_of_none_is_refused(self, documents: IdentityDocuments, key: DataKey) -> None:
        with pytest.raises(Conflict):
            documents.set_status(key.user_id, version=1, status="approved")
        assert documents.get(key.user_id) is None
        documents.put(key, name="Ada", photo=b"photo", version=2)
        with pytest.raises(Conflict):
            documents.set_status(key.user_id, version=1, status="approved")
        assert item_of(key)["status"]["S"] == "pending"


class TestDelete:
    def test_again_changes_nothing(self, documents: IdentityDocuments, key: DataKey) -> None:
        documents.put(key, name="Ada", photo=b"photo", version=1)
        for _ in range(2):
            documents.delete(key.user_id)
        assert documents.get(key.user_id) is None
