"""What is written for people names what is there."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.cluster import REPOSITORY

GUIDES = ["README.md", "CONTRIBUTING.md", "api/SECURITY.md", "tests/bench/README.md", "infra/functions/README.md"]
TOP_LEVEL = ("api", "ui", "warehouse", "pipelines", "infra", "tests")
# Folders in which an analyst works, named from there.
NAMED_FROM = ("", "warehouse", "tests/bench")
SECURITY = REPOSITORY / "api" / "SECURITY.md"


def written(name: str) -> str:
    return (REPOSITORY / name).read_text()


def paths_in(text: str) -> set[str]:
    """What looks like a path of the repository; `<…>` and `*` stand for any name."""
    found = {match for match in re.findall(r"`([\w.<>*/-]+)`", text) if "/" in match}
    found |= {match.partition("#")[0] for match in re.findall(r"\]\(([^):]+)\)", text)}
    return {path for path in found if path.startswith(tuple(f"{folder}/" for folder in TOP_LEVEL))}


class TestPaths:
    @pytest.mark.parametrize("guide", GUIDES)
    def test_exist(self, guide: str) -> None:
        gone = [
            path for path in paths_in(written(guide)) if not any(REPOSITORY.glob(re.sub("<[^>]*>", "*", path)))
        ]
        assert gone == []

    def test_are_found(self) -> None:
        text = "`api/none.py`, [x](ui/none.png), `api/<service>/none`, `GET /stats/daily`, `tidemark up`"
        assert paths_in(text) == {"api/none.py", "ui/none.png", "api/<service>/none"}


class TestCommands:
    @pytest.mark.parametrize("guide", GUIDES)
    def test_make_targets_exist(self, guide: str) -> None:
        targets = set(re.findall(r"(?m)^([a-z-]+):", written("Makefile")))
        named = re.findall(r"(?:`|(?m:^ {4}))make ([a-z-]+)", written(guide))
        assert set(named) <= targets

    def test_make_help_lists_every_target(self) -> None:
        makefile = written("Makefile")
        targets = set(re.findall(r"(?m)^([a-z-]+):", makefile))
        assert targets == set(re.findall(r"(?m)^([a-z-]+):.*## ", makefile))
        phony = re.search(r"(?m)^\.PHONY: (.*)$", makefile)
        assert phony
        assert targets == set(phony[1].split())


@cache
def methods_by_class() -> dict[str, set[str]]:
    """The test methods by class, over all test files."""
    found: dict[str, set[str]] = {}
    for file in (REPOSITORY / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):
                methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
                found.setdefault(node.name, set()).update(methods)
    return found


class TestSecurity:
    """The answers to OWASP ASVS."""

    @pytest.fixture
    def answers(self) -> list[tuple[list[str], str, str]]:
        rows = re.findall(r"(?m)^\| ([\d., ]+) \| ([^|]+) \| (.+) \|$", SECURITY.read_text())
        return [(numbers.split(", "), answer, why) for numbers, answer, why in rows]

    def test_every_requirement_is_answered_once(self, answers: list[tuple[list[str], str, str]]) -> None:
        listed = Path(__file__).with_name("asvs_5_0_0.txt").read_text().partition("\n")[2].split()
        assert len(listed) == 253
        assert Counter(number for numbers, _, _ in answers for number in numbers) == Counter(listed)
        assert {answer for _, answer, _ in answers} == {"met", "n/a", "open"}

    def test_what_is_met_says_what_shows_it(self, answers: list[tuple[list[str], str, str]]) -> None:
        shown = ("`Test", "`make check`", "written above", "`requirements.lock`")
        assert [row for row in answers if row[1] == "met" and not any(word in row[2] for word in shown)] == []

    def test_every_named_test_exists(self) -> None:
        named = re.findall(r"`(Test\w+)(?:\.(\w+))?`", SECURITY.read_text())
        assert len(named) > 100
        there = methods_by_class()
        assert [
            (group, name) for group, name in named if group not in there or (name and name not in there[group])
        ] == []
