"""What the app needs to know of its surroundings, read once at the start."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from api.shared.settings import Settings


@dataclass(frozen=True, kw_only=True)
class AppSettings(Settings):
    """Where things are, and the proof by which the users service believes whom the app speaks for."""

    gateway_url: Annotated[str, Meta(description="Where the API gateway is.")] = "http://127.0.0.1:8080"
    ui_url: Annotated[
        str,
        Meta(
            description="The address that people type. Beside the loopback's, the app answers to its name alone."
        ),
    ] = "http://127.0.0.1:8501"
    dagster_url: Annotated[
        str | None,
        Meta(description="Where staff's browsers find Dagster, for links into it; without it there are none."),
    ] = None
    client_header: Annotated[
        str | None, Meta(description="In which header the proxy in front of the app writes the visitor's address.")
    ] = None
    app_secret: Annotated[
        str | None,
        Meta(description="By it the app proves the visitor's address; without it all share one throttle."),
    ] = field(default=None, repr=False)

    sign_ins_folder: Annotated[
        Path | None,
        Meta(description="Where the app keeps sign-ins, sealed, over its restart; else in memory alone."),
    ] = None

    def cookie(self, name: str) -> str:
        """What the app calls a cookie: behind TLS browsers make sure that it is this host's own (RFC 6265bis)."""
        return f"__Host-{name}" if self.is_https else name

    @property
    def is_https(self) -> bool:
        """Whether people reach the app over TLS, so cookies may be marked Secure."""
        return self.ui_url.startswith("https://")


@cache
def settings() -> AppSettings:
    """The settings of this process."""
    return AppSettings.read()
