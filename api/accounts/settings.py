"""Settings of the accounts service, read once."""

from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from api.shared.settings import MigrationUrl, ServiceSettings, Settings


@dataclass(frozen=True, kw_only=True)
class AccountsSettings(ServiceSettings):
    """What the service needs to answer requests."""

    currencies: Annotated[
        str,
        Meta(description="Currencies in which accounts can be opened, with commas; an import may bring others."),
    ] = "EUR,USD,GBP,CHF,CZK,PLN,SEK,NOK,DKK,HUF,JPY,CAD,AUD"
    daily_limit_minor: Annotated[
        int, Meta(ge=0, description="What may leave one account in one UTC day, in minor units.")
    ] = 1_000_000_000_000
    open_accounts_max: Annotated[int, Meta(ge=0, description="How many open accounts one user may have.")] = 100
    invitation_refusal_days: Annotated[
        int,
        Meta(ge=0, le=3650, description="For so long an owner can't repeat an invitation that was refused."),
    ] = 30


@dataclass(frozen=True, kw_only=True)
class AdminSettings(Settings):
    """What the administrative commands need."""

    migration_url: MigrationUrl = field(repr=False)
    warehouse_url: Annotated[
        str | None, Meta(description="The warehouse, to compare the ledger with its copy (`verify`).")
    ] = field(default=None, repr=False)
    time_zone: Annotated[str, Meta(description="Cuts days; what `verify` calls the days of wrong entries.")] = (
        "UTC"
    )
