"""Whose address is believed, and from whom."""

from typing import Any

import pytest
from litestar import Request

from api.users.client_address import client_address
from api.users.settings import UsersSettings

VIEWER = "x-tidemark-viewer"


def settings(**more: Any) -> UsersSettings:
    return UsersSettings(
        database_url="", gateway_url="", issuer="", kms_key_id="k", edge_secret="edge", app_secret="app", **more
    )


def request(**headers: str) -> Request[Any, Any, Any]:
    listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Any = {"type": "http", "client": ("192.0.2.1", 1), "headers": listed}
    return Request(scope)


class TestBehindEnvoy:
    def test_the_last_of_the_list_is_what_envoy_saw(self) -> None:
        asked = request(x_tidemark_edge="edge", x_forwarded_for="203.0.113.1, 203.0.113.2")
        assert client_address(asked, settings()) == "203.0.113.2"

    def test_without_the_proof_the_peer_counts(self) -> None:
        asked = request(x_tidemark_edge="guessed", x_forwarded_for="203.0.113.1")
        assert client_address(asked, settings()) == "192.0.2.1"

    def test_a_header_that_envoy_does_not_write_is_not_believed(self) -> None:
        asked = request(x_tidemark_edge="edge", x_tidemark_viewer="203.0.113.9", x_forwarded_for="203.0.113.2")
        assert client_address(asked, settings()) == "203.0.113.2"


class TestBehindCloudFront:
    def test_the_viewer_counts_and_not_cloudfront_in_front_of_the_gateway(self) -> None:
        asked = request(
            x_tidemark_edge="edge", x_tidemark_viewer="203.0.113.7", x_forwarded_for="203.0.113.7, 198.51.100.4"
        )
        assert client_address(asked, settings(edge_client_header=VIEWER)) == "203.0.113.7"

    @pytest.mark.parametrize(("proof", "believed"), [("app", "203.0.113.8"), ("guessed", "203.0.113.7")])
    def test_the_app_speaks_for_its_visitor(self, proof: str, believed: str) -> None:
        asked = request(
            x_tidemark_edge="edge",
            x_tidemark_viewer="203.0.113.7",
            x_tidemark_app=proof,
            x_tidemark_client="203.0.113.8",
        )
        assert client_address(asked, settings(edge_client_header=VIEWER)) == believed
