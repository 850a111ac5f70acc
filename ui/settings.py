"""What the app needs to know of its surroundings, read once at the start."""

import os
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True)
class Settings:
    """Where things are, and the proof by which the users service believes whom the app speaks for."""

    gateway_url: str
    public_url: str
    app_secret: str | None = field(default=None, repr=False)

    @property
    def is_https(self) -> bool:
        """Whether people reach the app over TLS, so cookies may be marked Secure."""
        return self.public_url.startswith("https://")


@cache
def settings() -> Settings:
    """The settings of this process.

    `TIDEMARK_GATEWAY_URL` is where the bank's API is; `TIDEMARK_UI_URL` is the address that people type
    to reach the app, which matters only behind TLS. With `TIDEMARK_APP_SECRET` the app tells the users
    service from which address somebody signs in; without it all visitors share one throttle.
    """
    return Settings(
        gateway_url=os.environ.get("TIDEMARK_GATEWAY_URL", "http://127.0.0.1:8080").rstrip("/"),
        public_url=os.environ.get("TIDEMARK_UI_URL", "http://127.0.0.1:8501").rstrip("/"),
        app_secret=os.environ.get("TIDEMARK_APP_SECRET") or None,
    )
