"""The texts that the app's code holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog

SOURCE = Path(__file__).parent.parent
# By function: which of its arguments are texts, and which is the context.
_TEXTS = {"_": (0,), "N_": (0,), "_n": (0, 1), "_p": (1,)}
_CONTEXT = {"_p": 0}


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
