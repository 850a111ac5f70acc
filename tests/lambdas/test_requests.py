"""Requests as API Gateway hands them to the archives: bodies, binaries, cookies, queries, problems, limits."""

import base64
import io
import json
import os
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from PIL import Image

from api.accounts.schemas import TRANSFERS_MAX
from api.shared.fields import MEMO_MAX_CHARACTERS
from tests.e2e.people import Person, photo
from tests.lambdas.gateway import Gateway, make_event

pytestmark = pytest.mark.slow


def noise(size: int) -> bytes:
    """A JPEG that hardly compresses."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (size, size), os.urandom(3 * size * size)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def last(bank: Gateway, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The last event at a path, and its answer."""
    return next((event, answer) for event, answer in reversed(bank.seen) if event["rawPath"] == path)


class TestMainJob:
    def test_a_customer_from_sign_up_to_a_statement(self, bank: Gateway, database: psycopg.Connection) -> None:
        ada, clerk = Person(bank.url).sign_up(), Person(bank.url).sign_up()
        database.execute("update users.user set roles = '{staff}' where id = %s", (clerk.user_id,))
        account = ada.done("POST", "/account/create", 201, json={"type": "checking", "currency": "EUR"})
        assert account["approved"] is False

        sent = ada.done("PUT", "/user/photo", 200, files={"photo": ("id.jpg", photo(), "image/jpeg")})
        assert sent["photo_status"] == "pending"
        event, _ = last(bank, "/user/photo")
        assert event["isBase64Encoded"] is True
        clerk.sign_in()
        shown = clerk.call("GET", f"/user/review/{ada.user_id}/photo")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(shown.content)).size == (320, 200)
        _, answer = last(bank, f"/user/review/{ada.user_id}/photo")
        assert answer["isBase64Encoded"] is True
        assert base64.b64decode(answer["body"]) == shown.content
        clerk.done("POST", f"/user/review/{ada.user_id}", 200, json={"decision": "approve"})

        path = f"/account/{account['account_id']}"
        key = {"Idempotency-Key": uuid4().hex}
        first, second = (
            ada.done("POST", f"{path}/deposit", 201, json={"amount": 700}, headers=key) for _ in range(2)
        )
        assert first == second
        assert ada.done("GET", path, 200)["total"] == 700
        (line,) = ada.done("GET", f"{path}/transactions", 200)["items"]
        assert (line["amount"], line["balance_after"]) == (700, 700)
        table = ada.call("GET", f"{path}/transactions", headers={"Accept": "text/csv"})
        assert (table.status_code, table.text.count("\n")) == (200, 2)
        assert ada.done("GET", "/stats/status", 200)["complete_through"] is None

        ada.done("POST", "/user/logout", 204)
        assert ada.call("GET", path).status_code == 401

    @pytest.mark.parametrize("service", ["user", "account", "stats", "events"])
    def test_health_docs_and_openapi(self, bank: Gateway, service: str) -> None:
        anyone = Person(bank.url)
        assert anyone.done("GET", f"/{service}/health", 200)["status"] == "ok"
        page = anyone.call("GET", f"/{service}/docs")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        for name in ("swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-ui.css"):
            assert anyone.call("GET", f"/{service}/docs/assets/{name}").status_code == 200
        assert anyone.done("GET", f"/{service}/docs/openapi.json", 200)["paths"]

    def test_a_problem_is_text(self, bank: Gateway) -> None:
        answer = Person(bank.url).call("GET", "/user/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["content-type"] == "application/problem+json"
        _, given = last(bank, "/user/me")
        assert given["isBase64Encoded"] is False


class TestEvents:
    def test_a_parameter_that_stands_twice_is_refused(self, customer: Person) -> None:
        """It arrives as it was sent, not joined by a comma."""
        answer = customer.call("GET", f"/account/user/{customer.user_id}?limit=1&limit=2")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")

    def test_cookies_open_nothing(self, customer: Person) -> None:
        answer = Person(customer.gateway).call(
            "GET", "/user/me", headers={"Cookie": f"a=b; access_token={customer.token}"}
        )
        assert answer.status_code == 401

    def test_json_as_base64(self, bank: Gateway, customer: Person) -> None:
        """API Gateway may encode any body; the flag alone says so."""
        headers = {"authorization": f"Bearer {customer.token}", "content-type": "application/json"}
        event = make_event("POST", "/account/create", headers)
        body = base64.b64encode(b'{"type":"savings","currency":"EUR"}').decode()
        answer = bank.answer(event | {"body": body, "isBase64Encoded": True})
        assert (answer["statusCode"], json.loads(answer["body"])["type"]) == (201, "savings")

    def test_a_photo_near_the_limit(self, customer: Person) -> None:
        large = noise(1700)
        assert 3_000_000 < len(large) < 4 << 20
        customer.done("PUT", "/user/photo", 200, files={"photo": ("id.jpg", large, "image/jpeg")})

    def test_a_photo_over_the_limit(self, customer: Person) -> None:
        over = photo() + b"\0" * (4 << 20)
        answer = customer.call("PUT", "/user/photo", files={"photo": ("id.jpg", over, "image/jpeg")})
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


class TestLimits:
    """The longest pages there are stay below what Lambda lets through; the gateway answers 500 above it."""

    @pytest.mark.parametrize("accept", ["application/json", "text/csv"])
    def test_the_longest_page_of_a_statement(self, bank: Gateway, customer: Person, accept: str) -> None:
        one, other = (customer.open_account()["account_id"] for _ in range(2))
        customer.deposit(one, 1_000)
        memo = '"' * MEMO_MAX_CHARACTERS  # grows twice: in the answer, and in the text that holds it
        transfers = [{"from": one, "to": other, "amount": 1, "memo": memo}] * TRANSFERS_MAX
        sent = customer.call("POST", "/account/transfers", json={"mode": "all_or_nothing", "transfers": transfers})
        assert sent.status_code == 201, sent.text[:300]
        answer = customer.call("GET", f"/account/{other}/transactions?limit=1000", headers={"Accept": accept})
        told = memo.replace('"', '""' if accept == "text/csv" else '\\"')
        assert (answer.status_code, answer.text.count(told)) == (200, TRANSFERS_MAX)
