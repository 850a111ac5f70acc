"""Query parameters as callers write them: unknown and doubled ones are refused, wrong ones named."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.shared.errors import InvalidParameter
from api.shared.fields import in_words

_MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")


def require_known_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A parameter that the call does not have, or has once, is no slip to pass over."""
    if not connection.scope["query_string"]:
        return
    known, lists = _parameters(handler, frozenset(connection.path_params))
    sent = [name for name, _ in connection.query_params.multi_items()]
    for name, value in connection.query_params.multi_items():
        # The framework would take it for a parameter that was left out.
        if str(value).lower() == "null":
            raise InvalidParameter(name, "is null; leave it out instead")
        if name not in known:
            raise InvalidParameter(name, "this call has no such parameter")
        if name not in lists and sent.count(name) > 1:
            raise InvalidParameter(name, "is given more than once")


@lru_cache(maxsize=512)
def _parameters(handler: BaseRouteHandler, path_names: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The names of all query parameters, and of those that may be repeated."""
    model = handler.create_kwargs_model(path_parameters=dict.fromkeys(path_names))  # type: ignore[arg-type]
    known = frozenset(parameter.field_alias for parameter in model.expected_query_params)
    return known, frozenset(model.sequence_query_parameter_names)


def field_errors(handler: BaseRouteHandler | None, detail: str, extra: Any) -> list[dict[str, str]]:
    """What the framework found wrong with parameters, each named as the caller wrote it."""
    if missing := _MISSING.match(detail):
        return [{"field": missing[1], "message": "is missing"}]
    aliases = _aliases(handler) if handler else {}
    found = []
    for item in extra if isinstance(extra, list) else []:
        if isinstance(item, Mapping):
            name, message = str(item.get("key", "")), str(item.get("message", ""))
            if name == "data":
                if handler and handler.parsed_fn_signature.parameters["data"].has_default:
                    continue
                name, message = "", "This call takes a JSON object as its body; it is missing."
            found.append({"field": aliases.get(name, name), "message": in_words(message)})
    return found


def _aliases(handler: BaseRouteHandler) -> dict[str, str]:
    parameters = handler.parsed_fn_signature.parameters
    return {name: getattr(field.kwarg_definition, "name", None) or name for name, field in parameters.items()}
