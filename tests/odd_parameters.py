"""Query parameters of a service's calls as nobody should write them, and times at the edges of the calendar."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

NUMBERS = ("1e2", "1_0", " 5", "5 ", "+5", "٣", "５", "05", "-0", "5.0", "0x5", "", "NaN", "9" * 5_000)
TRUTHS = ("1", "0", "True", "TRUE", "on", "yes", "")
DATES = ("2026-1-1", "20260101", "2026-02-30", "26-01-01", "2026-01-01T00:00:00Z", "1700000000", "٢026-01-01", "")
MOMENTS = (
    "2026-01-01 00:00:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00+0000",
    "2026-01-01T00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00.1234567Z",
    "2026-01-01T00:00:00,5Z",
    "2026-01-01",
    "1700000000",
    "",
)
IDS = ("1", "{00000000-0000-7000-8000-000000000000}", f"urn:uuid:{uuid4()}", uuid4().hex, f" {uuid4()}", "")
_ODD = {"integer": NUMBERS, "boolean": TRUTHS, "date": DATES, "date-time": MOMENTS, "uuid": IDS}

_EARLY = st.sampled_from(["0001-01-01", "0001-01-02", "0001-01-31", "0001-12-31", "2026-03-20"])
_LATE = st.sampled_from(["9999-01-01", "9999-12-01", "9999-12-26", "9999-12-27", "9999-12-30", "9999-12-31"])
_DAYS = _EARLY | _LATE
_CLOCKS = st.sampled_from(["00:00:00", "23:59:59.999999", "00:00:00.000001", "12:30:00"])
_OFFSETS = st.sampled_from(["Z", "+23:59", "-23:59", "+14:00", "-12:00"])
_EDGES = {"date": _DAYS, "date-time": st.builds("{}T{}{}".format, _DAYS, _CLOCKS, _OFFSETS)}


def odd_parameters(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(path, name, value) of each query parameter in each form that its type is not written in."""
    return [
        (path, parameter["name"], value)
        for path, parameter in _parameters(document)
        for value in _ODD.get(_type(parameter), ())
    ]


def times_at_the_edges(document: Mapping[str, Any]) -> st.SearchStrategy[tuple[str, dict[str, str]]]:
    """(path, query) of a call that takes times, with times at which the calendar of Python begins and ends."""
    by_path: dict[str, dict[str, st.SearchStrategy[str]]] = {}
    for path, parameter in _parameters(document):
        if _type(parameter) in _EDGES:
            by_path.setdefault(path, {})[parameter["name"]] = _EDGES[_type(parameter)]
    return st.sampled_from(sorted(by_path)).flatmap(
        lambda path: st.tuples(st.just(path), st.fixed_dictionaries({}, optional=by_path[path]))
    )


def _parameters(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            if parameter["in"] == "query":
                yield path, parameter


def _type(parameter: Mapping[str, Any]) -> str:
    return str(parameter["schema"].get("format") or parameter["schema"].get("type"))
