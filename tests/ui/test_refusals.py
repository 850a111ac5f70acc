"""What the bank can say about a field, and every code of a refusal, is said in the person's language."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel import Locale

import api.accounts.errors
import api.shared.errors
import api.shared.pages
import api.shared.ranges
import api.users.errors
from api.users.validation import normal_phone
from tests.ui.conftest import Page, button, segmented, texts
from tests.ui.fake_bank import FakeBank, Refusal
from ui.clients.errors import FieldProblem
from ui.components import problems, refusals
from ui.language import catalogue

API = Path(__file__).parents[2] / "api"
# What only a program can meet: parameters of addresses, and commands.
OF_PROGRAMS = ("shared/parameters.py", "shared/ranges.py", "stats/", "users/staff.py", "users/bulk.py")
NAMES_A_FIELD = ("ValueRefused", "InvalidParameter", "pattern")
# Codes that come with fields, that no call of the app gets, or that stand for a fault of the app itself.
NOT_MET = {
    *("value_refused", "invalid_cursor", "not_posted", "method_not_allowed", "not_acceptable", "unprocessable"),
    "error",
}


def said_by_the_bank() -> Iterator[str]:
    """Every text about a field in the API's source; what is put into one is "12" here."""
    for path in sorted(API.rglob("*.py")):
        if not str(path.relative_to(API)).startswith(OF_PROGRAMS):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in NAMES_A_FIELD:
                    yield from _text(node.args[1:])
                elif isinstance(node, ast.Dict):
                    keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
                    if keys == ["field", "message"]:
                        yield from _text(node.values[1:])
    yield from ("use at least 12 characters", "use at most 12 characters")
    yield api.accounts.errors.NotAnAccount("to").errors[0]["message"]  # type: ignore[index]
    with pytest.raises(api.shared.errors.ValueRefused) as refused:
        normal_phone("x")
    yield refused.value.errors[0]["message"]  # type: ignore[index]


def _text(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments[:1]:
        if isinstance(argument, ast.Constant):
            yield str(argument.value)
        elif isinstance(argument, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "12" for part in argument.values)


def is_said(text: str, known: str) -> bool:
    """Whether the text was made of the known one."""
    return catalogue._pattern(known).fullmatch(text) is not None


def codes() -> set[str]:
    """Every code of a refusal."""
    found, classes = set(api.accounts.errors.REFUSALS), [api.shared.errors.TidemarkError]
    while classes:
        each = classes.pop()
        found.add(each.code)
        classes += each.__subclasses__()
    return found


class TestSaid:
    def test_each_text_of_the_bank_is_known(self) -> None:
        found = set(said_by_the_bank())
        assert len(found) > 20
        assert {text for text in found if not any(is_said(text, known) for known in refusals.SAID)} == set()

    def test_each_known_text_is_one_of_the_bank(self) -> None:
        found = set(said_by_the_bank())
        unsaid = {known for known in refusals.SAID if not any(is_said(text, known) for text in found)}
        assert unsaid == {"is missing"}

    def test_what_differs_stands_in_the_german(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalogue, "locale", lambda: Locale("de"))
        assert refusals.sentence(FieldProblem("name", "use at most 200 characters")) == "Höchstens 200 Zeichen."
        assert refusals.sentence(FieldProblem("name", "use 1 to 200 characters")) == "1 bis 200 Zeichen."

    def test_an_unknown_one_is_shown_as_the_bank_wrote_it(self) -> None:
        assert refusals.sentence(FieldProblem("name", "is <odd>")) == "Is <odd>"


class TestCodes:
    def test_each_has_a_sentence(self) -> None:
        assert codes() - NOT_MET - problems._SENTENCES.keys() == set()


@pytest.mark.slow
class TestGermanPage:
    def test_a_refused_password_is_said_in_german(self, visit: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            errors = [{"field": "password", "message": "it is one of the passwords that are tried first"}]
            raise Refusal(409, "value_refused", "No.", errors)

        monkeypatch.setattr(FakeBank, "create_user", refuse)
        monkeypatch.setattr(catalogue, "locale", lambda: Locale("de"))
        page = visit()
        segmented(page, 0).set_value("create").run()
        values = {"name": "N N", "email": "n@example.com", "phone": "+49", "password": "password password"}
        for field, value in values.items():
            page.text_input(key=f"create_{field}").set_value(value)
        button(page, "Meinen Zugang anlegen").click().run()
        said = texts(page)
        assert "Das Passwort ist eines von denen, die zuerst probiert werden." in said
        assert "passwords that are tried" not in said
