"""The service behind API Gateway (HTTP API, payload format 2.0) on Lambda."""

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from api.shared.lambda_handler import LambdaHandler
from api.stats.app import create_app
from api.stats.settings import StatsSettings
from infra.aws.deploy.cloud import health_event
from tests.stats.world import ISSUER, OPENED, World, key_source

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def event(path: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Any:
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(params or {}, doseq=True),
        "headers": {"host": "bank.test", **{name.lower(): value for name, value in (headers or {}).items()}},
        "requestContext": {
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }


@pytest.fixture
def handler(settings: StatsSettings) -> Handler:
    return LambdaHandler(create_app(settings, key_source))


class TestHandler:
    def test_figures_come_through_the_gateways_events(self, handler: Handler, world: World) -> None:
        person = world.person()
        first, second = world.open_account(person), world.open_account(person)
        world.post(first, 100, OPENED)
        world.publish(NOW)
        asked = {"account_id": [str(first.account_id), str(second.account_id)], "from": "2026-03-03"}
        answer = handler(event("/stats/daily", asked, person.headers), None)
        assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
        balances = [item["metrics"]["closing_balance"] for item in json.loads(answer["body"])["items"]]
        assert balances == [100, 100, 0, 0]

    def test_csv_304_and_problems_come_through_too(self, handler: Handler, world: World) -> None:
        person = world.person()
        asked = {"account_id": str(world.open_account(person).account_id), "format": "csv"}
        answer = handler(event("/stats/daily", asked, person.headers), None)
        assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
        assert answer["body"].startswith("account_id,")
        headers = {**person.headers, "If-None-Match": answer["headers"]["etag"]}
        again = handler(event("/stats/daily", asked, headers), None)
        assert (again["statusCode"], again["body"]) == (304, "")
        refused = handler(event("/stats/daily", asked), None)
        assert (refused["statusCode"], refused["isBase64Encoded"]) == (401, False)
        assert json.loads(refused["body"])["code"] == "unauthenticated"

    def test_a_deployment_asks_for_health_past_the_edge(self, settings: StatsSettings) -> None:
        behind_the_edge = replace(settings, edge_only=True, edge_secret="the-proof")
        handler = LambdaHandler(create_app(behind_the_edge, key_source))
        assert handler(event("/stats/status"), None)["statusCode"] == 403
        answer = handler(health_event("/stats/health"), None)
        assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "ok", "service": "stats"})

    def test_the_module_makes_it_from_the_environment(
        self, settings: StatsSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in (
            ("DATABASE_URL", settings.database_url),
            ("GATEWAY_URL", ISSUER),
            ("ISSUER", ISSUER),
            ("POOL_SIZE", "1"),
            ("PREPARED_STATEMENTS", "false"),
        ):
            monkeypatch.setenv(f"TIDEMARK_{name}", value)
        module = importlib.import_module("api.stats.handler")
        answer = module.handler(event("/stats/health"), None)
        assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (200, "ok")
