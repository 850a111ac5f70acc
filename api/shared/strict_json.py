"""Refuses what the framework would let pass: duplicate keys, NUL characters, "100" or true for a number."""

import json
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State

from api.shared.errors import InvalidParameter, InvalidRequest
from api.shared.fields import in_words
from api.shared.negotiation import require_json, require_no_coding


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidRequest("A key stands twice in the same JSON object.")
    for key, value in pairs:
        if "\x00" in key or (isinstance(value, str) and "\x00" in value):
            raise InvalidRequest("Text must not hold the NUL character.")
    return found


class StrictRequest(Request[Any, Any, State]):
    """Every service's request: a JSON body is decoded once, strictly, into the type that its handler declares.

    The framework decodes leniently ("100" becomes 100), which a bank must not; it asks here for what was decoded.
    """

    async def json(self) -> Any:
        """The body; raises InvalidRequest, UnsupportedMediaType."""
        require_no_coding(self.headers.get("content-encoding", ""))
        require_json(self.headers.get("content-type", ""))
        body = await self.body()
        field = self.route_handler.parsed_data_field
        try:
            json.loads(body, object_pairs_hook=_unique_pairs)
            return msgspec.json.decode(body, type=field.annotation if field else Any)
        except msgspec.ValidationError as error:
            # These messages name the place and the expected type, never the value that was sent.
            message, _, place = str(error).partition(" - at `$.")
            raise InvalidParameter(place.rstrip("`"), in_words(message)) from error
        except (ValueError, RecursionError) as error:
            raise InvalidRequest("The body is not valid JSON.") from error
