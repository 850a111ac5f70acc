"""What a handler imports, read from the source: its own modules, and the libraries' names."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OURS = ("api", "infra")


@dataclass(frozen=True)
class Reached:
    """`modules` are files of the checkout, `names` the top-level packages that come from elsewhere."""

    modules: frozenset[Path]
    names: frozenset[str]


def reached_from(handler: str, checkout: Path) -> Reached:
    """Everything that the module `handler` (dotted) imports, directly or not, also inside functions.

    What is only imported for type checkers does not count.
    """
    modules: set[Path] = set()
    names: set[str] = set()
    waiting = [handler]
    while waiting:
        path = _file(waiting.pop(), checkout)
        if path is None or path in modules:
            continue
        modules.add(path)
        package = path.parent.relative_to(checkout)
        waiting += [".".join(package.parts[: depth + 1]) for depth in range(len(package.parts))]
        for name in _imported(ast.parse(path.read_text())):
            if name.partition(".")[0] in OURS:
                waiting.append(name)
            elif name.partition(".")[0] not in sys.stdlib_module_names:
                names.add(name.partition(".")[0])
    return Reached(frozenset(modules), frozenset(names))


def _file(module: str, checkout: Path) -> Path | None:
    base = checkout.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            # `from api.users import repository` names a module.
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.Call) and ast.unparse(child.func) in ("find_spec", "import_module"):
            yield from (str(name.value) for name in child.args[:1] if isinstance(name, ast.Constant))
        yield from _imported(child)
