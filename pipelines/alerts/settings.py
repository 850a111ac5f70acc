"""Where alerts go, and what counts as stale."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from pipelines.settings import SettingsError

STALE_AFTER_S = "900"


@dataclass(frozen=True)
class AlertSettings:
    """Each channel is optional. URLs may hold passwords, so nothing of a channel is ever shown.

    `smtp_url`: smtp://[user:password@]host[:port] (STARTTLS where the server offers it) or smtps://…
    """

    stale_after_s: int
    webhook_url: str | None = field(default=None, repr=False)
    email_to: tuple[str, ...] = field(default=(), repr=False)
    email_from: str | None = field(default=None, repr=False)
    smtp_url: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises SettingsError naming what is missing or can't be used, never its value."""
        stale_after = environment.get("TIDEMARK_STALE_AFTER_S") or STALE_AFTER_S
        if not stale_after.isdecimal() or int(stale_after) < 60:
            raise SettingsError("TIDEMARK_STALE_AFTER_S must be a number of seconds, 60 or more")
        _check_url("TIDEMARK_ALERT_WEBHOOK_URL", environment, ("http", "https"))
        _check_url("TIDEMARK_ALERT_SMTP_URL", environment, ("smtp", "smtps"))
        to = tuple(
            part.strip() for part in environment.get("TIDEMARK_ALERT_EMAIL_TO", "").split(",") if part.strip()
        )
        needed = ("TIDEMARK_ALERT_EMAIL_FROM", "TIDEMARK_ALERT_SMTP_URL")
        missing = [name for name in needed if to and not environment.get(name)]
        if missing:
            raise SettingsError(f"TIDEMARK_ALERT_EMAIL_TO is set, and not set: {', '.join(missing)}")
        return cls(
            stale_after_s=int(stale_after),
            webhook_url=environment.get("TIDEMARK_ALERT_WEBHOOK_URL") or None,
            email_to=to,
            email_from=environment.get("TIDEMARK_ALERT_EMAIL_FROM") or None,
            smtp_url=environment.get("TIDEMARK_ALERT_SMTP_URL") or None,
        )


def _check_url(name: str, environment: Mapping[str, str], schemes: tuple[str, ...]) -> None:
    text = environment.get(name)
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
