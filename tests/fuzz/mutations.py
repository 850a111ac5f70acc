"""What careless and hostile clients make of a request."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzz.operations import Request

NASTY: dict[str, Any] = json.loads(Path(__file__).with_name("nasty.json").read_text())
VALUES = [*NASTY["values"], "x" * 10_000, ["x"] * 1_001, 10**40]
HEADERS = [(name, value) for name, values in NASTY["headers"].items() for value in [*values, "x" * 5_000]]
ENDINGS = [*NASTY["path_endings"], "/" + "a" * 3_000]
BYTES = (b"", b"\x00", b"\xff\xfe", b"{", b"null", b"[]", b'"', b"1e999", b"\xef\xbb\xbf{}", b"[" * 5_000)

Mutation = Callable[[random.Random, Request], None]


def other_method(dice: random.Random, request: Request) -> None:
    """The call by another method."""
    request.method = dice.choice(NASTY["methods"])


def other_path(dice: random.Random, request: Request) -> None:
    """A segment replaced, or something added at the end."""
    segments = request.path.split("/")
    if dice.random() < 0.5:
        request.path += dice.choice(ENDINGS)
    else:
        segments[dice.randrange(len(segments))] = str(dice.choice(VALUES))
        request.path = "/".join(segments)


def other_query(dice: random.Random, request: Request) -> None:
    """A parameter replaced, doubled or made up."""
    value = str(dice.choice(VALUES))
    if request.query and dice.random() < 0.7:
        name = dice.choice(request.query)[0]
        if dice.random() < 0.7:
            request.query = [(key, value if key == name else kept) for key, kept in request.query]
        else:
            request.query.append((name, value))
    else:
        request.query.append((dice.choice(NASTY["parameters"]), value))


def other_headers(dice: random.Random, request: Request) -> None:
    """A header in place of the one of its name, or beside it."""
    name, value = dice.choice(HEADERS)
    if dice.random() < 0.7:
        request.headers = [header for header in request.headers if header[0] != name]
    request.headers.append((name, value))


def other_value(dice: random.Random, request: Request) -> None:
    """A value within the JSON body replaced, a member left out, added or doubled."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        other_bytes(dice, request)
        return
    place, keys = body, list(body) if isinstance(body, dict) else []
    while keys and isinstance(place[keys[0]], dict | list) and dice.random() < 0.5:
        place = place[keys[0]]
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    kind = dice.random()
    if not keys or kind < 0.1:
        body = dice.choice(VALUES)
    elif kind < 0.8:
        place[dice.choice(keys)] = dice.choice(VALUES)
    elif kind < 0.9:
        del place[dice.choice(keys)]
    elif isinstance(place, dict):
        place[str(dice.choice(VALUES))] = dice.choice(VALUES)
    request.body = json.dumps(body, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
    if dice.random() < 0.05 and request.body.startswith(b"{"):
        request.body = request.body[:-1] + b"," + request.body[1:]


def other_bytes(dice: random.Random, request: Request) -> None:
    """The body cut, damaged or replaced."""
    body = bytearray(request.body)
    kind = dice.random()
    if kind < 0.4 or not body:
        body = bytearray(dice.choice(BYTES))
    elif kind < 0.7:
        del body[dice.randrange(len(body)) :]
    else:
        body[dice.randrange(len(body))] = dice.randrange(256)
    request.body = bytes(body)


# The body's values and the query most often: that is where the services themselves read.
MUTATIONS: dict[Mutation, int] = {
    other_value: 4,
    other_query: 3,
    other_headers: 1,
    other_path: 1,
    other_bytes: 1,
    other_method: 1,
}


def mutate(dice: random.Random, request: Request) -> None:
    """Up to three changes; one request in five stays as it is."""
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        (mutation,) = dice.choices(list(MUTATIONS), list(MUTATIONS.values()))
        mutation(dice, request)
