"""Where alerts go, and what counts as stale."""

from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from api.shared.settings import Settings, SettingsError


@dataclass(frozen=True, kw_only=True)
class AlertSettings(Settings):
    """Each channel is optional. URLs may hold passwords, so nothing of a channel is ever shown."""

    stale_after_s: Annotated[
        int, Meta(ge=60, description="How many seconds old statistics may be before they count as stale.")
    ] = 900
    scrub_within_days: Annotated[
        int,
        Meta(gt=0, description="Days within which every row of history is proven again, or an alert is raised."),
    ] = 30
    alert_webhook_url: Annotated[str | None, Meta(description="Gets a POST of JSON for each alert.")] = field(
        default=None, repr=False
    )
    alert_email_to: Annotated[str, Meta(description="Who gets alerts by e-mail, with commas between.")] = field(
        default="", repr=False
    )
    alert_email_from: Annotated[str | None, Meta(description="The sender of these e-mails.")] = field(
        default=None, repr=False
    )
    alert_smtp_url: Annotated[
        str | None,
        Meta(description="smtp://user:password@host:587 (STARTTLS where the server offers it) or smtps://…"),
    ] = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _check_url("TIDEMARK_ALERT_WEBHOOK_URL", self.alert_webhook_url, ("http", "https"))
        _check_url("TIDEMARK_ALERT_SMTP_URL", self.alert_smtp_url, ("smtp", "smtps"))
        needed = {
            "TIDEMARK_ALERT_EMAIL_FROM": self.alert_email_from,
            "TIDEMARK_ALERT_SMTP_URL": self.alert_smtp_url,
        }
        missing = [name for name, value in needed.items() if self.recipients and not value]
        if missing:
            raise SettingsError(f"TIDEMARK_ALERT_EMAIL_TO is set, and not set: {', '.join(missing)}")

    @property
    def recipients(self) -> list[str]:
        """The addresses of `alert_email_to`."""
        return [part.strip() for part in self.alert_email_to.split(",") if part.strip()]


def _check_url(name: str, text: str | None, schemes: tuple[str, ...]) -> None:
    if not text:
        return
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good:
        raise SettingsError(
            f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)} and a host"
        )
