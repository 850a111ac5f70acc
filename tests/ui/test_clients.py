"""What the clients do when calls go wrong: retries, lost replies, one kind of error."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.ui.conftest import PASSWORD
from tests.ui.fake_gateway import DROP, FakeGateway
from ui.clients.accounts import AccountsClient
from ui.clients.errors import ApiError
from ui.clients.http import RETRY_DELAYS_S, Gateway
from ui.clients.statement import Look
from ui.clients.stats import StatsClient
from ui.clients.users import UsersClient, Welcome

TRIES = len(RETRY_DELAYS_S) + 1


@pytest.fixture
def quick(gateway: FakeGateway) -> Gateway:
    """A connection that does not wait between attempts."""
    return Gateway(gateway.url, sleep=lambda _: None)


@pytest.fixture
def accounts(gateway: FakeGateway, quick: Gateway, ada: dict[str, Any]) -> AccountsClient:
    token = gateway.bank.token_for(ada["user_id"])["access_token"]
    return AccountsClient(quick, lambda: token)


class TestErrors:
    def test_a_problem_document_becomes_an_api_error(self, quick: Gateway, ada: dict[str, Any]) -> None:
        with pytest.raises(ApiError) as caught:
            Welcome(quick).create(name="A", email="b@example.com", phone="601", password="x" * 12)
        assert (caught.value.status, caught.value.code) == (400, "invalid_request")
        assert caught.value.errors[0].field == "phone"
        assert caught.value.is_outcome_known

    def test_a_gateway_that_is_not_there_is_unreachable(self) -> None:
        gone = Gateway("http://127.0.0.1:1", sleep=lambda _: None)
        with pytest.raises(ApiError) as caught:
            Welcome(gone).login(email="a@example.com", password="x")
        assert (caught.value.status, caught.value.code) == (0, "unreachable")
        assert caught.value.is_outcome_known
        assert caught.value.is_passing

    @pytest.mark.parametrize(
        ("status", "content", "code"),
        [
            (200, b"<html>", "bad_answer"),
            (200, b'{"access_token": 1}', "bad_answer"),
            (503, b"upstream connect error", "unavailable"),
            (429, b"", "too_many_requests"),
            (413, b"", "payload_too_large"),
            (418, b"teapot", "error"),
        ],
    )
    def test_what_is_not_of_this_api_still_has_a_code(self, status: int, content: bytes, code: str) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
        gateway = Gateway("http://bank", transport=transport, sleep=lambda _: None)
        with pytest.raises(ApiError) as caught:
            Welcome(gateway).login(email="a@example.com", password="x")
        assert caught.value.code == code

    def test_patience_asked_for_is_passed_on(self, gateway: FakeGateway, quick: Gateway) -> None:
        gateway.fail("/user/login", 429)
        with pytest.raises(ApiError) as caught:
            Welcome(quick).login(email="a@example.com", password="x")
        assert (caught.value.status, caught.value.retry_after_s) == (429, 9)


class TestRetries:
    def test_reading_is_tried_again(self, gateway: FakeGateway, accounts: AccountsClient) -> None:
        gateway.fail("/account/user", 503)
        gateway.fail("/account/user", DROP)
        assert accounts.of_user("whoever") == []
        assert len(gateway.calls_to("/account/user")) == TRIES

    def test_not_for_ever(self, gateway: FakeGateway, accounts: AccountsClient) -> None:
        gateway.fail("/account/user", 503, times=99)
        with pytest.raises(ApiError) as caught:
            accounts.of_user("whoever")
        assert caught.value.status == 503
        assert len(gateway.calls_to("/account/user")) == TRIES

    def test_a_refusal_is_final(self, gateway: FakeGateway, accounts: AccountsClient) -> None:
        with pytest.raises(ApiError) as caught:
            accounts.get(str(uuid4()))
        assert (caught.value.status, caught.value.code) == (404, "not_found")
        assert len(gateway.calls_to("/account/")) == 1

    @pytest.mark.parametrize("fault", [503, DROP])
    def test_writing_without_a_key_is_not_repeated(
        self, gateway: FakeGateway, accounts: AccountsClient, fault: int
    ) -> None:
        gateway.fail("/account/create", fault, after_doing=True)
        with pytest.raises(ApiError) as caught:
            accounts.create(type_="checking", currency="EUR")
        assert not caught.value.is_outcome_known
        assert len(gateway.bank.accounts) == 1


class TestMovingMoney:
    @pytest.mark.parametrize("fault", [502, 503, 504, DROP])
    def test_a_lost_reply_posts_once(
        self, gateway: FakeGateway, accounts: AccountsClient, ada: dict[str, Any], fault: int
    ) -> None:
        account = gateway.bank.open_account(ada["user_id"], "checking", "EUR")
        gateway.fail("/account/", fault, times=2, after_doing=True)
        done = accounts.deposit(account["account_id"], 500, "external:cash", key="k")
        assert done.balance_after == account["total"] == 500
        keys = [call["Idempotency-Key"] for call in gateway.calls_to("/account/")]
        assert keys == ["k"] * 3

    def test_amounts_and_parties_arrive_as_given(
        self, gateway: FakeGateway, accounts: AccountsClient, ada: dict[str, Any]
    ) -> None:
        checking = gateway.bank.open_account(ada["user_id"], "checking", "EUR")
        savings = gateway.bank.open_account(ada["user_id"], "savings", "EUR")
        accounts.deposit(checking["account_id"], 900, "external:card", key="1")
        accounts.withdraw(checking["account_id"], 100, "external:cash", key="2")
        moved = accounts.transfer(checking["account_id"], savings["number"], 300, "for later", key="3")
        assert (moved.source, moved.destination, moved.amount) == (
            checking["account_id"],
            savings["account_id"],
            300,
        )
        assert [line.amount for line in accounts.statement(checking["account_id"]).items] == [-300, -100, 900]
        assert accounts.statement(savings["account_id"]).items[0].memo == "for later"


class TestStatement:
    def test_pages_and_time_range(
        self, gateway: FakeGateway, accounts: AccountsClient, ada: dict[str, Any]
    ) -> None:
        account = gateway.bank.open_account(ada["user_id"], "checking", "EUR")
        for day in range(1, 6):
            gateway.bank.move(
                "deposit", "external:cash", account["account_id"], day, None, f"2026-11-0{day}T10:00:00Z"
            )
        first = accounts.statement(account["account_id"], limit=2)
        second = accounts.statement(account["account_id"], limit=2, cursor=first.next_cursor)
        assert [line.amount for line in first.items + second.items] == [5, 4, 3, 2]
        inside = accounts.statement(
            account["account_id"],
            Look(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)),
        )
        assert [line.amount for line in inside.items] == [3, 2]

    def test_the_csv_holds_what_was_looked_for(
        self, gateway: FakeGateway, accounts: AccountsClient, ada: dict[str, Any]
    ) -> None:
        account = gateway.bank.open_account(ada["user_id"], "checking", "EUR")["account_id"]
        gateway.bank.move("deposit", "external:cash", account, 500, "salary")
        gateway.bank.move("withdrawal", account, "external:cash", 200, None)
        text = accounts.statement_csv(account, Look(direction="in")).decode("utf-8-sig")
        assert "salary" in text
        assert "-200" not in text

    def test_short_pages_of_a_filter_are_put_together(self) -> None:
        """The bank looks at so many lines a call, and gives a cursor to go on."""
        line: dict[str, Any] = {
            "id": "1",
            "transfer_id": "t",
            "account_id": "a",
            "from": "a",
            "to": "external:cash",
        }
        line |= {"amount": -5, "balance_after": 0, "sequence": 1, "time": "2026-11-02T00:00:00Z"}
        pages = iter([{"items": [], "next_cursor": "x"}, {"items": [line], "next_cursor": "y"}, {"items": [line]}])
        asked = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append((request.url.params.get("cursor"), request.url.params["limit"]))
            return httpx.Response(200, json=next(pages))

        client = AccountsClient(
            Gateway("http://bank.test", transport=httpx.MockTransport(answer)), lambda: "token"
        )
        page = client.statement("a", Look(direction="out"), limit=2)
        assert (len(page.items), page.next_cursor) == (2, None)
        assert asked == [(None, "2"), ("x", "2"), ("y", "1")]


class TestStats:
    def test_reads_every_page_of_one_publication(self) -> None:
        """When a publication comes between two pages, the reading starts anew."""
        item = {"account_id": "a", "period_end": "2026-11-03", "status": "final", "metrics": {"inflow": 1}}
        runs = iter(["one", "two", "two", "two"])

        def answer(request: httpx.Request) -> httpx.Response:
            last = "cursor" in request.url.params
            body = {
                "period": "daily",
                "run_id": next(runs),
                "complete_through": "2026-11-22T15:04:05.678901Z",
                "next_cursor": None if last else "more",
                "items": [item | {"period_start": "2026-11-02" if last else "2026-11-01"}],
            }
            return httpx.Response(200, json=body)

        client = StatsClient(Gateway("http://bank", transport=httpx.MockTransport(answer)), lambda: "t")
        found = client.figures("a", "daily", start=date(2026, 11, 1), end=date(2026, 11, 3))
        assert found.run_id == "two"
        assert [entry.period_start.day for entry in found.items] == [1, 2]
        assert next(runs, None) is None


class TestTokens:
    def test_travel_in_the_header_only(self, gateway: FakeGateway, quick: Gateway, ada: dict[str, Any]) -> None:
        token = gateway.bank.token_for(ada["user_id"])["access_token"]
        assert UsersClient(quick, lambda: token).me().name == "Ada Lovelace"
        method, path, headers = gateway.calls[-1]
        assert (method, path) == ("GET", "/user/me")
        assert headers["Authorization"] == f"Bearer {token}"

    def test_the_app_proves_itself_where_visitors_are_throttled(
        self, gateway: FakeGateway, quick: Gateway, ada: dict[str, Any]
    ) -> None:
        welcome = Welcome(quick, headers={"X-Tidemark-App": "secret", "X-Tidemark-Client": "192.0.2.7"})
        token = welcome.login(email="ada@example.com", password=PASSWORD)
        assert gateway.calls[-1][2]["X-Tidemark-Client"] == "192.0.2.7"
        welcome.refresh(token.access_token)
        assert "X-Tidemark-App" not in gateway.calls[-1][2]
