"""Whose address the app tells the users service."""

from types import SimpleNamespace
from typing import Any

import pytest

from ui.components import session
from ui.settings import AppSettings


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The address that is told, for a peer, its headers, and settings."""

    def address(peer: str | None, headers: dict[str, str], **values: Any) -> str:
        monkeypatch.setattr(session, "settings", lambda: AppSettings(**values))
        monkeypatch.setattr(
            session, "st", SimpleNamespace(context=SimpleNamespace(ip_address=peer, headers=headers))
        )
        return session._address()

    return address


class TestAddress:
    def test_of_who_connects(self, address) -> None:  # type: ignore[no-untyped-def]
        assert address("192.0.2.7", {}) == "192.0.2.7"
        assert address(None, {}) == session.LOOPBACK

    def test_a_claim_without_a_proxy_is_not_believed(self, address) -> None:  # type: ignore[no-untyped-def]
        assert address("203.0.113.9", {"X-Forwarded-For": "203.0.113.9"}) == session.LOOPBACK

    def test_behind_a_proxy_what_it_wrote_counts_and_not_the_balancer(self, address) -> None:  # type: ignore[no-untyped-def]
        behind = {"ui_url": "https://app.bank.example", "client_header": "x-tidemark-viewer"}
        assert address("10.20.0.5", {"x-tidemark-viewer": "203.0.113.9"}, **behind) == "203.0.113.9"
        assert address("10.20.0.5", {}, **behind) == session.LOOPBACK
