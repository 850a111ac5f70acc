"""Refuses what the framework would let pass: duplicate keys, NUL characters, "100" or true for a number."""

import json
from typing import Any

import msgspec
from litestar import Request

from api.shared.errors import InvalidRequest


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidRequest("A key stands twice in the same JSON object.")
    for key, value in pairs:
        if "\x00" in key or (isinstance(value, str) and "\x00" in value):
            raise InvalidRequest("Text must not hold the NUL character.")
    return found


async def refuse_ambiguous_json(request: Request[Any, Any, Any]) -> None:
    """Before-request hook of every route that takes a JSON body; raises InvalidRequest.

    The framework converts leniently ("100" becomes 100), which a bank must not: the body is decoded here once
    more, strictly, into the type that the handler declares. It stays there for the framework to read.
    """
    field = request.route_handler.parsed_data_field
    if field is None or request.headers.get("content-type", "").startswith("multipart/form-data"):
        return
    body = await request.body()
    try:
        json.loads(body, object_pairs_hook=_unique_pairs)
        msgspec.json.decode(body, type=field.annotation)
    except msgspec.ValidationError as error:
        # These messages name the place and the expected type, never the value that was sent.
        raise InvalidRequest(errors=[{"field": "", "message": str(error)}]) from error
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The body is not valid JSON.") from error
