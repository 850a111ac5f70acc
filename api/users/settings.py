"""What the users service and its commands read from the environment."""

from dataclasses import dataclass, field

from api.shared.settings import ServiceSettings, Settings, SettingsError


@dataclass(frozen=True, kw_only=True)
class UsersSettings(ServiceSettings):
    """The service's settings. One of `master_key_file` and `kms_key_id` must be set.

    `edge_secret` and `app_secret` prove a forwarded client address (see sessions/client_address.py). The hash
    parameters are argon2id's, by default OWASP's first choice; only tests go below it. Each hash worker takes at
    most `hash_percent` (1 to 100) of a core in the long run.
    """

    master_key_file: str | None = None
    kms_key_id: str | None = None
    identity_table: str = "tidemark-identity"
    data_key_table: str = "tidemark-data-keys"
    edge_secret: str | None = field(default=None, repr=False)
    app_secret: str | None = field(default=None, repr=False)
    hash_memory_kib: int = 19_456
    hash_rounds: int = 2
    hash_workers: int = 1
    hash_percent: int = 25

    def __post_init__(self) -> None:
        if bool(self.master_key_file) == bool(self.kms_key_id):
            raise SettingsError("one of TIDEMARK_MASTER_KEY_FILE and TIDEMARK_KMS_KEY_ID must be set")
        if not 1 <= self.hash_percent <= 100:
            raise SettingsError("TIDEMARK_HASH_PERCENT must be from 1 to 100")


@dataclass(frozen=True, kw_only=True)
class AdminSettings(UsersSettings):
    """For commands that change users and keys: no address of the bank is needed, and all cores may hash."""

    gateway_url: str = ""
    issuer: str = ""
    hash_workers: int = 4
    hash_percent: int = 100


@dataclass(frozen=True, kw_only=True)
class MigrationSettings(Settings):
    """For `migrate`, which runs as the schema's owner."""

    migration_url: str
    identity_table: str = "tidemark-identity"
    data_key_table: str = "tidemark-data-keys"
