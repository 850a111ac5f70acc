"""The texts that the app's code holds."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog

SOURCE = Path(__file__).parent.parent
# By function: which of its arguments are texts, and which is the context.
_TEXTS = {"_": (0,), "N_": (0,), "_n": (0, 1), "_p": (1,)}
_CONTEXT = {"_p": 0}
_SHOWN = ("*.py", "app_pages/*.py", "components/**/*.py")
# A sentence, a word with a capital, three words in a row: what a person would read.
_PROSE = re.compile(r"\b[A-Z][a-z]+\b.*\s[a-z]|^[A-Z][a-z]{2,}[.?!]?$|\b[a-z]{2,} [a-z]{2,} [a-z]{2,}")
_MARKUP = re.compile(r"<[^>]*>|<.*$|&\w+;")
# Names of keys, and ours.
_NAMES = {"Enter", "Esc", "Tidemark"}


def texts() -> Catalog:
    """Every text that is marked for translation.

    Read from the syntax tree: babel's own reader looks at tokens, and sees no text inside an f-string.
    """
    found = Catalog()
    for path in sorted(SOURCE.rglob("*.py")):
        for name, arguments in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            message = tuple(arguments[place] for place in _TEXTS[name] if place in arguments)
            if len(message) == len(_TEXTS[name]):
                context = arguments.get(_CONTEXT[name]) if name in _CONTEXT else None
                found.add(message if len(message) > 1 else message[0], context=context)
    return found


def _calls(tree: ast.AST) -> Iterator[tuple[str, dict[int, str]]]:
    """Each call of one of the functions, with its arguments that are constant text, by place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _TEXTS:
            constants = {
                place: argument.value
                for place, argument in enumerate(node.args)
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            }
            yield node.func.id, constants


def unmarked() -> Iterator[str]:
    """Where a page or a component has a text that is not marked for translation."""
    for path in (path for part in _SHOWN for path in SOURCE.glob(part)):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        passed = set(_not_shown(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in passed:
                text = _MARKUP.sub(" ", node.value).strip()
                # Browser code is no text, whatever its comments say.
                if _PROSE.search(text) and text not in _NAMES and "function" not in text:
                    yield f"{path.relative_to(SOURCE)}:{node.lineno}: {text!r}"


def _not_shown(tree: ast.AST) -> Iterator[ast.AST]:
    """What is marked already, docstrings, descriptions of settings, and what goes to the log."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            assert isinstance(docstring, ast.Expr)
            yield docstring.value
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            is_logged = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "logger"
            if name in (*_TEXTS, "Meta") or is_logged:
                yield from ast.walk(node)
