"""What the users service and its commands read from the environment."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from api.shared.settings import MigrationUrl, ServiceSettings, Settings, SettingsError

IdentityTable = Annotated[str, Meta(description="The DynamoDB table of identity documents.")]
DataKeyTable = Annotated[str, Meta(description="The DynamoDB table of the users' wrapped data keys.")]


@dataclass(frozen=True, kw_only=True)
class UsersSettings(ServiceSettings):
    """The service's settings. One of `master_key_file` and `kms_key_id` must be set.

    The hash parameters are argon2id's, by default OWASP's first choice; only tests go below it.
    """

    master_key_file: Annotated[Path | None, Meta(description="The master keys, in a file.")] = None
    kms_key_id: Annotated[str | None, Meta(description="The master key, in AWS KMS, instead of a file.")] = None
    identity_table: IdentityTable = "tidemark-identity"
    data_key_table: DataKeyTable = "tidemark-data-keys"
    edge_client_header: Annotated[
        str, Meta(description="In which header the gateway forwards it; of a list, the last one counts.")
    ] = "x-forwarded-for"
    app_secret: Annotated[
        str | None, Meta(description="By it the app proves the client's address that it forwards.")
    ] = field(default=None, repr=False)
    hash_memory_kib: Annotated[int, Meta(ge=8, description="Memory of a password's hash, in KiB.")] = 19_456
    hash_rounds: Annotated[int, Meta(ge=1, description="Rounds of a password's hash.")] = 2
    hash_workers: Annotated[int, Meta(ge=1, description="How many passwords are hashed at the same time.")] = 1
    hash_percent: Annotated[
        int,
        Meta(ge=1, le=100, description="The share of a core that each hash worker takes in the long run."),
    ] = 25

    def __post_init__(self) -> None:
        if bool(self.master_key_file) == bool(self.kms_key_id):
            raise SettingsError("one of TIDEMARK_MASTER_KEY_FILE and TIDEMARK_KMS_KEY_ID must be set")


@dataclass(frozen=True, kw_only=True)
class AdminSettings(UsersSettings):
    """For commands that change users and keys: no address of the bank is needed, and all cores may hash."""

    direct_database_url: Annotated[
        str | None,
        Meta(description="The database past its proxy, for locks that belong to a session; else `database_url`."),
    ] = field(default=None, repr=False)
    answer_timeout_s: Annotated[int, Meta(ge=1, description="How long the database may be silent.")] = 86_400
    gateway_url: Annotated[str, Meta(description="Not used.")] = ""
    issuer: Annotated[str, Meta(description="Not used.")] = ""
    hash_workers: Annotated[int, Meta(ge=1, description="How many passwords are hashed at the same time.")] = 4
    hash_percent: Annotated[int, Meta(ge=1, le=100, description="The share of a core that each takes.")] = 100


@dataclass(frozen=True, kw_only=True)
class MigrationSettings(Settings):
    """For `migrate`, which runs as the schema's owner."""

    migration_url: MigrationUrl = field(repr=False)
    identity_table: IdentityTable = "tidemark-identity"
    data_key_table: DataKeyTable = "tidemark-data-keys"
