"""The one way to read settings: from the environment, once, into a frozen dataclass.

The app, the pipeline and the machine's commands read theirs by it too, so it imports nothing of the project.
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple, Self, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

MigrationUrl = Annotated[str, Meta(description="The bank's database, as the owner of the service's schema.")]


class SettingsError(Exception):
    """The environment lacks a setting or holds one that cannot be used; the text names them all."""


class Setting(NamedTuple):
    """One setting as people read of it. `default` is empty where there is none."""

    name: str
    default: str
    meaning: str
    is_required: bool
    is_secret: bool


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A field `database_url` is read from `TIDEMARK_DATABASE_URL`; a field without default is required.

    A field is annotated with msgspec's `Meta`: its description, for `tidemark settings`, and its bounds. One with
    `repr=False` is a secret. What takes several fields to judge is checked in `__post_init__`.
    """

    PREFIX: ClassVar[str] = "TIDEMARK_"

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings of this process; an empty variable counts as not set.

        Raises SettingsError naming every variable that is missing or can't be used, never a value.
        """
        hints = get_type_hints(cls, include_extras=True)
        values: dict[str, Any] = {}
        faults: list[str] = []
        for each in fields(cls):
            name = cls._variable(each.name)
            if text := environment.get(name):
                try:
                    values[each.name] = msgspec.convert(text, hints[each.name], strict=False, dec_hook=_convert)
                except msgspec.ValidationError as error:
                    wanted = str(error).removeprefix("Expected ").removesuffix(", got `str`")
                    faults.append(f"{name} must be {wanted.replace('`', '')}")
            elif each.default is MISSING:
                faults.append(f"{name} is not set")
        if faults:
            raise SettingsError("; ".join(faults))
        return cls(**values)

    @classmethod
    def described(cls) -> list[Setting]:
        """Every setting of the class."""
        hints = get_type_hints(cls, include_extras=True)
        return [
            Setting(
                name=cls._variable(each.name),
                default="" if each.default in (MISSING, None) else str(each.default),
                meaning=next(meta.description or "" for meta in hints[each.name].__metadata__),
                is_required=each.default is MISSING,
                is_secret=not each.repr,
            )
            for each in fields(cls)
        ]

    @classmethod
    def names(cls) -> list[str]:
        """The variables that `read` looks at."""
        return [cls._variable(each.name) for each in fields(cls)]

    @classmethod
    def _variable(cls, field_name: str) -> str:
        return f"{cls.PREFIX}{field_name.upper()}"


@dataclass(frozen=True, kw_only=True)
class ServiceSettings(Settings):
    """What each service needs to answer requests."""

    database_url: Annotated[str, Meta(description="The bank's database, as the service's role.")] = field(
        repr=False
    )
    gateway_url: Annotated[str, Meta(description="Where the API gateway is, for calls to the other services.")]
    issuer: Annotated[str, Meta(description="The tokens' `iss`: the address by which clients know the API.")]
    audience: Annotated[str, Meta(description="The tokens' `aud`.")] = "tidemark"
    pool_size: Annotated[int, Meta(ge=1, description="Database connections of one instance.")] = 10
    prepared_statements: Annotated[
        bool,
        Meta(
            description="false behind a connection proxy, which hands statements of one session to several server "
            "sessions."
        ),
    ] = True
    database_secret_id: Annotated[
        str | None,
        Meta(
            description="A secret of Secrets Manager that has the database's user and password, as RDS keeps it."
        ),
    ] = None
    database_iam: Annotated[
        bool, Meta(description="true: the database's password is a token of IAM authentication.")
    ] = False
    database_ca_file: Annotated[
        Path | None,
        Meta(description="Certificates, in PEM, that the database's own must come from; else it is not checked."),
    ] = None
    edge_secret: Annotated[
        str | None, Meta(description="By it the gateway proves itself, and the client's address that it forwards.")
    ] = field(default=None, repr=False)
    edge_only: Annotated[
        bool, Meta(description="true: what comes without that proof is refused, but for public keys and health.")
    ] = False
    # Above the role's own time limits, below a function's: who hears nothing for so long hears nothing any more.
    answer_timeout_s: Annotated[int, Meta(ge=1, description="How long the database may be silent.")] = 22


@dataclass(frozen=True, kw_only=True)
class AwsSettings(Settings):
    """Where AWS is, by the names that AWS gave these variables; boto3 reads all but the region by itself."""

    PREFIX: ClassVar[str] = "AWS_"

    endpoint_url: Annotated[str | None, Meta(description="An AWS other than Amazon's.")] = None
    region: Annotated[str | None, Meta(description="The region.")] = None
    access_key_id: Annotated[str | None, Meta(description="Who asks.")] = None
    secret_access_key: Annotated[str | None, Meta(description="What proves it.")] = field(default=None, repr=False)
    session_token: Annotated[str | None, Meta(description="Goes with temporary keys.")] = field(
        default=None, repr=False
    )


def is_time_zone(name: str) -> bool:
    """Whether it names a zone of the IANA database, such as Europe/Prague."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _convert(wanted: type, text: Any) -> Any:
    if wanted is Path:
        return Path(text).absolute()
    raise NotImplementedError(wanted)
