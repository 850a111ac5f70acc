"""The services, and what a bank on one machine must know of each. A new one is an entry here."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """One service behind the gateway: its folder in `api`, its path prefixes, how long it may take.

    It answers for its health and shows its documentation below the first prefix. With `has_root` that prefix is a
    call too, without its last slash.
    """

    name: str
    prefixes: tuple[str, ...]
    timeout_s: int
    has_root: bool = False

    @property
    def health_path(self) -> str:
        """Where it says whether it works."""
        return f"{self.prefixes[0]}health"

    @property
    def root(self) -> tuple[str, ...]:
        """The path without more that is a call, if there is one."""
        return (self.prefixes[0].rstrip("/"),) if self.has_root else ()

    @property
    def docs_path(self) -> str:
        """Where people read what it offers."""
        return f"{self.prefixes[0]}docs"


SERVICES: Mapping[str, Service] = {
    service.name: service
    for service in (
        Service("users", ("/user/", "/.well-known/"), timeout_s=20),
        Service("accounts", ("/account/",), timeout_s=30),
        Service("stats", ("/stats/",), timeout_s=30),
        Service("events", ("/events/",), timeout_s=30, has_root=True),
    )
}
