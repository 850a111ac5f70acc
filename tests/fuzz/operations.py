"""The services' operations, read from their OpenAPI documents, and requests to them that mean something."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from infra.local.services import SERVICES

PATHS = tuple(service.prefixes[0].strip("/") for service in SERVICES.values())
# These end what the caller works with, or cost a password's hash: seldom, so that the rest is reached at all.
SELDOM = {
    *("Logout", "EndSession", "SignOutCustomer", "DeleteUser", "DeleteUserByPost"),
    *("UpdateUser", "CreateUser", "Login", "ResetPassword", "IssueResetCode"),
}
SELDOM_SHARE = 0.1
EXISTING_SHARE = 0.7
WORDS = (
    "",
    "a",
    "Ada Marsh",
    "ä\u2028\U0001f600",
    "x" * 300,
    "2026-11-27",
    "2026-11-27T00:00:00Z",
    "EUR",
    "checking",
)


@dataclass(frozen=True)
class Operation:
    """One call: its parameters by place and name, and the schema of its JSON body (None: it takes none)."""

    name: str
    method: str
    path: str
    parameters: Sequence[Mapping[str, Any]]
    body: Mapping[str, Any] | None


@dataclass
class Request:
    """What will be sent; each part may be changed before it is."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def read_operations(gateway: str) -> list[Operation]:
    """Every operation of every service that the gateway at this address leads to."""
    operations = []
    for service in PATHS:
        document = httpx.get(f"{gateway}/{service}/docs/openapi.json", timeout=20).raise_for_status().json()
        for path, methods in document["paths"].items():
            for method, described in methods.items():
                content = described.get("requestBody", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema")
                operations.append(
                    Operation(
                        described["operationId"],
                        method.upper(),
                        path,
                        described.get("parameters", ()),
                        resolved(schema, document) if schema else None,
                    )
                )
    return operations


def resolved(schema: Any, document: Mapping[str, Any], depth: int = 0) -> Any:
    """The schema with what its references stand for; nothing here is recursive."""
    if isinstance(schema, list):
        return [resolved(item, document, depth) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema and depth < 10:
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return resolved(found, document, depth + 1)
    return {name: resolved(value, document, depth) for name, value in schema.items()}


def choose(dice: random.Random, operations: Sequence[Operation]) -> Operation:
    """One of them: the seldom ones together in a tenth of all cases."""
    seldom = dice.random() < SELDOM_SHARE
    chosen = [operation for operation in operations if (operation.name in SELDOM) == seldom]
    return dice.choice(chosen or operations)


def sensible(dice: random.Random, operation: Operation, things: Mapping[str, str]) -> Request:
    """A request as the document describes it; ids are mostly those of things that exist."""
    request = Request(operation.method, operation.path)
    for parameter in operation.parameters:
        name = parameter["name"]
        value = plain(made(dice, name, parameter.get("schema", {}), things))
        if parameter["in"] == "path":
            request.path = request.path.replace(f"{{{name}}}", value)
        elif parameter.get("required") or dice.random() < 0.5:
            (request.query if parameter["in"] == "query" else request.headers).append((name, value))
    if operation.body is not None:
        request.body = json.dumps(made(dice, "", operation.body, things)).encode()
        request.headers.append(("Content-Type", "application/json"))
    return request


def made(dice: random.Random, name: str, schema: Mapping[str, Any], things: Mapping[str, str]) -> Any:
    """A value for a schema; `name` tells what it may be the id of."""
    if name in things and dice.random() < EXISTING_SHARE:
        return things[name]
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return made(dice, name, dice.choice(schema[several]), things)
    if "enum" in schema:
        return dice.choice(schema["enum"])
    if schema.get("examples") and dice.random() < 0.5:
        return dice.choice(list(schema["examples"]))
    kind = schema.get("type", "string")
    kind = dice.choice(kind) if isinstance(kind, list) else kind
    if kind == "object":
        required = schema.get("required", ())
        return {
            key: made(dice, key, value, things)
            for key, value in schema.get("properties", {}).items()
            if key in required or dice.random() < 0.5
        }
    if kind == "array":
        return [made(dice, name, schema.get("items", {}), things) for _ in range(dice.choice((0, 1, 2, 5)))]
    if kind in ("integer", "number"):
        return dice.choice((0, 1, 2, 100, 1_000, schema.get("minimum", 1), schema.get("maximum", 10**12)))
    if kind == "boolean":
        return dice.random() < 0.5
    return None if kind == "null" else dice.choice(WORDS)


def plain(value: Any) -> str:
    """As it stands in an address or a header."""
    return value if isinstance(value, str) else json.dumps(value)
