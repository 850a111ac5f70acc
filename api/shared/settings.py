"""Settings: read once from the environment into a frozen dataclass, failing with every name that is missing."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Self

_PARSERS: dict[Any, Any] = {
    int: int,
    bool: lambda text: {"true": True, "1": True, "false": False, "0": False}[text.lower()],
    str: str,
    str | None: str,
}


class SettingsError(Exception):
    """The environment lacks a setting or holds one that cannot be read; the text names them all."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A field `database_url` is read from `TIDEMARK_DATABASE_URL`; a field without default is required."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The settings of this process.

        Raises SettingsError naming every missing and every unreadable variable, never a value.
        """
        source = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        faults: list[str] = []
        for field in fields(cls):
            name = f"TIDEMARK_{field.name.upper()}"
            text = source.get(name)
            if text:
                try:
                    values[field.name] = _PARSERS[field.type](text)
                except (ValueError, KeyError):
                    faults.append(f"{name} is not of the form {field.type}")
            elif field.default is MISSING and field.default_factory is MISSING:
                faults.append(f"{name} is not set")
        if faults:
            raise SettingsError("; ".join(faults))
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class ServiceSettings(Settings):
    """What each service needs to answer requests."""

    database_url: str
    gateway_url: str
    issuer: str
    audience: str = "tidemark"
    pool_size: int = 10
    # Off behind a connection proxy, which hands statements of one session to several server sessions.
    prepared_statements: bool = True
