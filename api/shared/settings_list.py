"""What settings a module has: `python -m api.shared.settings_list api.users.settings …`, a JSON object by module.

For `tidemark settings`, which imports no service.
"""

import importlib
import json

import click

from api.shared.settings import Setting, Settings


def settings_of(module_name: str) -> list[Setting]:
    """The settings of the classes that a module defines, each name once, in the order of the classes."""
    module = importlib.import_module(module_name)
    found: dict[str, Setting] = {}
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Settings) and value.__module__ == module_name:
            for setting in value.described():
                found.setdefault(setting.name, setting)
    return list(found.values())


@click.command()
@click.argument("modules", nargs=-1, required=True)
def main(modules: tuple[str, ...]) -> None:
    """Print the settings of MODULES."""
    click.echo(json.dumps({name: [setting._asdict() for setting in settings_of(name)] for name in modules}))


if __name__ == "__main__":
    main()
