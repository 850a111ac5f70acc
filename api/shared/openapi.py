"""Completes the OpenAPI document that the framework makes: what it leaves out of our signatures, and all codes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.shared.errors import TidemarkError
from api.shared.negotiation import CSV
from api.shared.problems import PROBLEM_MEDIA_TYPE

Json = dict[str, Any]

_TEXT: Json = {"schema": {"type": "string"}}
_HEADERS: dict[str, Json] = {
    "X-Request-ID": {"description": "Names the request in our logs.", **_TEXT},
    "ETag": {"description": "Weak: the same while what is answered is the same.", **_TEXT},
    "Link": {"description": 'The next page: `<…>; rel="next"`; none on the last.', **_TEXT},
    "Cache-Control": {"description": "How long the answer may be kept.", **_TEXT},
    "Vary": {"description": "Which headers of the request the answer depends on.", **_TEXT},
    "Tidemark-Run-Id": {"description": "The publication that the answer is from.", **_TEXT},
    "Tidemark-Complete-Through": {
        "description": "The moment before which nothing can still arrive.",
        "schema": {"type": "string", "format": "date-time"},
    },
    "WWW-Authenticate": {"description": "`Bearer`.", **_TEXT},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string", "pattern": "^[0-9]+$"}},
}
_BY_STATUS = {"401": ["WWW-Authenticate"], "503": ["Retry-After"]}
_IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Entity tags of answers that the caller has: 304 if one of them still holds.",
    "schema": {"type": "string"},
}


def complete(
    document: Json,
    service: str,
    refusals: Mapping[str, str],
    enums: Mapping[str, Sequence[str]],
    webhooks: Json,
) -> Json:
    """The document with what callers need besides.

    `refusals` are codes of 409 with their texts, `enums` the values of a field ("CreateAccount.currency"),
    `webhooks` what the service tells by itself.
    """
    document["info"]["description"] += f"\n\n{_codes(service, refusals)}"
    schemas = document["components"]["schemas"]
    for operation in _operations(document):
        _complete_parameters(operation)
        _complete_responses(operation)
        for schema in _reached(operation.get("requestBody", {}), schemas):
            schema["additionalProperties"] = False
    for place, values in enums.items():
        name, _, field = place.partition(".")
        schemas[name]["properties"][field] |= {"enum": list(values)}
    _plain(document)
    return document | ({"webhooks": webhooks} if webhooks else {})


def _operations(document: Json) -> Iterator[Json]:
    for path in document["paths"].values():
        yield from (operation for operation in path.values() if isinstance(operation, dict))


def _complete_parameters(operation: Json) -> None:
    for parameter in operation.get("parameters", []):
        # No query or header holds a null.
        one_of = parameter["schema"].pop("oneOf", [])
        own: Json = next((branch for branch in one_of if branch.get("type") != "null"), {})
        parameter["schema"] = own | parameter["schema"]
        parameter["schema"].pop("description", None)
    if "304" in operation["responses"]:
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)


def _complete_responses(operation: Json) -> None:
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    responses = operation["responses"]
    problem = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if "requestBody" in operation:
        responses["415"] = {"description": "unsupported_media_type", "content": problem}
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        # What is no id leads nowhere, whatever the call makes of one that is.
        responses.setdefault("404", {"description": "not_found", "content": problem})
    if names & {"cursor", "to"}:
        responses.setdefault("409", {"description": "conflict", "content": problem})
    for status, response in list(responses.items()):
        headers = ["X-Request-ID", *_BY_STATUS.get(status, [])]
        if status.startswith(("2", "3")):
            headers += ["Cache-Control", "Vary"]
            headers += ["Link"] if "cursor" in names else []
            if "304" in responses:
                headers += ["ETag", "Tidemark-Run-Id", "Tidemark-Complete-Through"]
            if response.get("content"):
                responses["406"] = {"description": "not_acceptable", "content": problem}
                if "format" in names:
                    response["content"][CSV] = {"schema": {"type": "string"}}
        response["headers"] = {name: _HEADERS[name] for name in headers}


def _reached(node: Any, schemas: Json) -> Iterator[Json]:
    """The object schemas that a body is made of."""
    if isinstance(node, dict):
        if name := node.get("$ref", "").rpartition("/")[2]:
            node = schemas[name]
        if node.get("type") == "object":
            yield node
        for value in node.values():
            yield from _reached(value, schemas)
    elif isinstance(node, list):
        for value in node:
            yield from _reached(value, schemas)


def _plain(node: Any) -> None:
    """JSON Schema's `$` is the end and needs no more; whole numbers have no decimals."""
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            node["pattern"] = node["pattern"].removesuffix("(?!\\n)")
        for name in ("minimum", "maximum"):
            if isinstance(node.get(name), float):
                node[name] = int(node[name])
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            _plain(value)


def codes(service: str, refusals: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Every code with its status and meaning: of the errors that all services share, and of this one's own."""
    found: dict[str, tuple[int, str]] = {}
    for error in _subclasses(TidemarkError):
        if error.__module__.startswith(("api.shared.", f"api.{service}.")):
            found.setdefault(error.code, (error.status, error.detail))
    for code, text in refusals.items():
        found.setdefault(code, (409, text))
    return [(code, *found[code]) for code in sorted(found)]


def _subclasses(cls: type[TidemarkError]) -> Iterator[type[TidemarkError]]:
    yield cls
    for subclass in cls.__subclasses__():
        yield from _subclasses(subclass)


def _codes(service: str, refusals: Mapping[str, str]) -> str:
    rows = [f"| `{code}` | {status} | {text} |" for code, status, text in codes(service, refusals)]
    return "\n".join(["## Codes", "", "| code | status | meaning |", "|---|---|---|", *rows])
