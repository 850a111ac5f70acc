"""Cursors that a list might have given, and did not."""

import base64
from collections.abc import Sequence
from typing import Any

import msgspec

from api.shared.pages import digest_of


def forged(caller_id: Any, path: str, key: Any, query: Sequence[tuple[str, str]] = ()) -> str:
    """A cursor of the list at this address for this caller, of a key that it would not hold.

    `key` is put in as JSON, or as it stands when it is bytes.
    """
    held = key if isinstance(key, bytes) else msgspec.json.encode(key)
    return base64.urlsafe_b64encode(digest_of(caller_id, path, query, b"") + held).decode().rstrip("=")
