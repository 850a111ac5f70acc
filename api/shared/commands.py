"""What the services' commands (`python -m api.<service>.admin`) have in common."""

from typing import Any

import click

from api.shared.errors import TidemarkError
from api.shared.settings import SettingsError


class _BadSettings(click.ClickException):
    exit_code = 2


class Commands(click.Group):
    """Says in one line what is wrong, instead of showing a traceback: exit code 1, for settings 2."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(context)
        except TidemarkError as error:
            raise click.ClickException(error.detail) from error
        except SettingsError as error:
            raise _BadSettings(str(error)) from error
