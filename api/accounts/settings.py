"""Settings of the accounts service, read once."""

from dataclasses import dataclass

from api.shared.settings import ServiceSettings, Settings


@dataclass(frozen=True, kw_only=True)
class AccountsSettings(ServiceSettings):
    """What the service needs to answer requests.

    `currencies` is a comma-separated list of ISO 4217 codes in which accounts can be opened here (an import may
    bring others). `daily_limit_minor` bounds what may leave one account in one UTC day, in minor units;
    `open_accounts_max` how many open accounts one user may have.
    """

    currencies: str = "EUR,USD,GBP,CHF,CZK,PLN,SEK,NOK,DKK,HUF,JPY,CAD,AUD"
    daily_limit_minor: int = 1_000_000_000_000
    open_accounts_max: int = 100


@dataclass(frozen=True, kw_only=True)
class AdminSettings(Settings):
    """What the administrative commands need: the schema owner's connection, and to verify also the warehouse."""

    migration_url: str
    warehouse_url: str | None = None
