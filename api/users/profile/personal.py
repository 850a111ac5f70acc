"""Seals and opens the personal columns of a user's row."""

import asyncio

import msgspec

from api.shared.errors import Unauthenticated
from api.users.crypto import fields
from api.users.crypto.data_keys import DataKey, DataKeyDestroyed, DataKeys
from api.users.crypto.fields import Unreadable
from api.users.crypto.master_key import UnwrapError
from api.users.profile.repository import UserRow

TABLE = "users.user"


class BeingDeleted(Unauthenticated, Unreadable):
    """The user's key is gone already, and the row follows."""


class Personal(msgspec.Struct, frozen=True):
    """What identifies a person, in clear. It has no repr, so that it reaches no log."""

    name: str
    email: str
    phone: str

    def __repr__(self) -> str:
        return "Personal(…)"


def seal(key: DataKey, personal: Personal) -> dict[str, bytes]:
    """The ciphertexts by column."""
    return {
        column: fields.encrypt(key, TABLE, column, value.encode())
        for column, value in msgspec.structs.asdict(personal).items()
    }


def fetch_key(data_keys: DataKeys, row: UserRow) -> DataKey:
    """The data key that a row names; blocks.

    Raises BeingDeleted, else Unreadable and an alarm when there is no such key.
    """
    try:
        key = data_keys.get(row.id)
    except (DataKeyDestroyed, UnwrapError) as error:
        if row.leaving_at is not None and isinstance(error, DataKeyDestroyed):
            raise BeingDeleted from error
        fields.alarm("a row's data key is gone or damaged", row.id, TABLE)
        raise Unreadable from error
    if key.id != row.data_key_id:
        fields.alarm("a row names another data key than its user has", row.id, TABLE)
        raise Unreadable
    return key


async def open_row(data_keys: DataKeys, row: UserRow) -> Personal:
    """The personal columns in clear. Raises what `fetch_key` does."""
    return await asyncio.to_thread(_open, data_keys, row)


def _open(data_keys: DataKeys, row: UserRow) -> Personal:
    key = fetch_key(data_keys, row)
    return Personal(
        **{column: fields.decrypt(key, TABLE, column, value).decode() for column, value in row.sealed.items()}
    )
