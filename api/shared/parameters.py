"""Parameters as callers write them: unknown and doubled ones are refused, wrong ones named.

Each type is written in one way. The framework reads more: 1e2 and 5.0 for whole numbers, 1 for true, ids without
their dashes; what one reader takes for a number and the next for text is best taken by nobody.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.shared.errors import InvalidParameter, NotFound
from api.shared.fields import UUID_TEXT, in_words

_FORMS: Mapping[type, tuple[re.Pattern[str], str]] = {
    int: (re.compile("0|-?[1-9][0-9]{0,18}"), "must be a whole number, such as 100"),
    bool: (re.compile("true|false"), "must be true or false"),
    date: (re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"), "must be a date, such as 2026-11-22"),
    UUID: (re.compile(UUID_TEXT), "must be a UUID"),
}
_MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")


def require_known_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A parameter that the call does not have, or has once, is no slip to pass over."""
    if connection.path_params:
        _require_plain_ids(connection)
    if not connection.scope["query_string"]:
        return
    known, lists = _parameters(handler, frozenset(connection.path_params))
    forms, texts = _forms(handler), _texts(handler)
    sent = [name for name, _ in connection.query_params.multi_items()]
    for name, value in connection.query_params.multi_items():
        # The framework would take it for a parameter that was left out; in a text it is a word.
        if str(value).lower() == "null" and name not in texts:
            raise InvalidParameter(name, "is null; leave it out instead")
        if name not in known:
            raise InvalidParameter(name, "this call has no such parameter")
        if name not in lists and sent.count(name) > 1:
            raise InvalidParameter(name, "is given more than once")
        if name in forms and not forms[name][0].fullmatch(str(value)):
            raise InvalidParameter(name, forms[name][1])


def _require_plain_ids(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """One thing has one address: ids in paths as we write them, in either case."""
    segments = connection.scope["path"].lower().split("/")
    if any(isinstance(value, UUID) and str(value) not in segments for value in connection.path_params.values()):
        raise NotFound("There is nothing at this address.")


@lru_cache(maxsize=512)
def _parameters(handler: BaseRouteHandler, path_names: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The names of all query parameters, and of those that may be repeated."""
    model = handler.create_kwargs_model(path_parameters=dict.fromkeys(path_names))  # type: ignore[arg-type]
    known = frozenset(parameter.field_alias for parameter in model.expected_query_params)
    return known, frozenset(model.sequence_query_parameter_names)


@lru_cache(maxsize=512)
def _forms(handler: BaseRouteHandler) -> Mapping[str, tuple[re.Pattern[str], str]]:
    """How the parameters are written whose type says so, by their names in queries."""
    aliases = _aliases(handler)
    return {
        aliases[name]: form
        for name, field in handler.parsed_fn_signature.parameters.items()
        for wanted, form in _FORMS.items()
        if wanted in (field.annotation, *field.args)
    }


@lru_cache(maxsize=512)
def _texts(handler: BaseRouteHandler) -> frozenset[str]:
    """The parameters that are text, by their names in queries."""
    aliases = _aliases(handler)
    return frozenset(
        aliases[name]
        for name, field in handler.parsed_fn_signature.parameters.items()
        if str in (field.annotation, *field.args)
    )


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
