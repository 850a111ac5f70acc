"""The service behind API Gateway (HTTP API, payload format 2.0) on Lambda."""

import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from api.accounts.app import create_app
from api.accounts.settings import AccountsSettings
from api.shared.lambda_handler import LambdaHandler
from tests.accounts.world import ISSUER, Person, World, key_source

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def event(
    method: str, address: str, person: Person, body: Any = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    path, _, query = address.partition("?")
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "host": "bank.test",
            "authorization": f"Bearer {person.token}",
            "content-type": "application/json",
            **(headers or {}),
        },
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "stage": "$default",
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


@pytest.fixture
def handler(settings: AccountsSettings) -> Handler:
    return LambdaHandler(create_app(settings, key_source))


class TestHandler:
    def test_money_moves_through_the_gateways_events(self, handler: Handler, ada: Person) -> None:
        opened = handler(event("POST", "/account/create", ada, {"type": "checking", "currency": "EUR"}), None)
        assert (opened["statusCode"], opened["isBase64Encoded"]) == (201, False)
        account_id = json.loads(opened["body"])["account_id"]
        deposit = event(
            "POST", f"/account/{account_id}/deposit", ada, {"amount": 5}, {"idempotency-key": "in a lambda"}
        )
        answers = [handler(deposit, None) for _ in range(2)]
        assert answers[0]["statusCode"] == 201
        assert answers[0]["body"] == answers[1]["body"]
        listed = handler(event("GET", f"/account/{account_id}/transactions?limit=1", ada), None)
        assert [line["amount"] for line in json.loads(listed["body"])["items"]] == [5]

    def test_csv_and_problems_come_through_too(self, handler: Handler, ada: Person) -> None:
        account_id = ada.open(deposit=5)["account_id"]
        answer = handler(event("GET", f"/account/{account_id}/transactions?format=csv", ada), None)
        assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
        assert answer["body"].startswith("time,counterparty_name,")
        refused = handler(event("POST", f"/account/{account_id}/withdraw", ada, {"amount": 6}), None)
        assert (refused["statusCode"], refused["isBase64Encoded"]) == (409, False)
        assert json.loads(refused["body"])["code"] == "insufficient_funds"

    def test_the_module_takes_its_settings_from_the_environment(
        self, world: World, settings: AccountsSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TIDEMARK_DATABASE_URL", settings.database_url)
        monkeypatch.setenv("TIDEMARK_GATEWAY_URL", settings.gateway_url)
        monkeypatch.setenv("TIDEMARK_ISSUER", ISSUER)
        monkeypatch.setenv("TIDEMARK_POOL_SIZE", "1")
        monkeypatch.setenv("TIDEMARK_PREPARED_STATEMENTS", "false")
        module = importlib.import_module("api.accounts.handler")
        health = module.handler(event("GET", "/account/health", world.person()), None)
        assert (health["statusCode"], json.loads(health["body"])["service"]) == (200, "accounts")
