"""Which lines of a statement are asked for."""

import csv
import io
from typing import Any

import pytest

from api.accounts.statement import service
from tests.accounts.world import Person


class TestFilters:
    def found(self, person: Person, account: dict[str, Any], query: str) -> list[int]:
        """The amounts that a filter lets through."""
        answer = person.done("GET", f"/account/{account['account_id']}/transactions?{query}", 200)
        return [line["amount"] for line in answer["items"]]

    @pytest.fixture
    def busy(self, ada: Person, bob: Person) -> dict[str, Any]:
        account = ada.open(deposit=1000)
        ada.transfer(account, bob.open(), 30, body={"memo": "Miete MÄRZ 100%_"})
        ada.transfer(account, bob.open(), 200)
        ada.deposit(account, 40)
        return account

    def test_direction_and_amounts(self, ada: Person, busy: dict[str, Any]) -> None:
        for query, amounts in (
            ("direction=in", [40, 1000]),
            ("direction=out", [-200, -30]),
            ("amount_min=40", [40, -200, 1000]),
            ("amount_max=40", [40, -30]),
            ("amount_min=30&amount_max=30", [-30]),
            ("direction=in&amount_min=41", [1000]),
        ):
            assert self.found(ada, busy, query) == amounts, query

    def test_text_in_memo_and_kept_name_or_a_number(self, ada: Person, busy: dict[str, Any]) -> None:
        lines = ada.done("GET", f"/account/{busy['account_id']}/transactions?direction=out", 200)["items"]
        number = lines[0]["counterparty_number"]
        assert self.found(ada, busy, "q=gran") == []
        ada.done("PUT", "/account/payee", 200, json={"number": number, "name": "Gran"})
        for query, amounts in (
            ("q=gran", [-200]),
            ("q=%20gran%20", [-200]),
            ("q=null", []),
            ("q=märz", [-30]),
            ("q=100%25_", [-30]),
            ("q=_", [-30]),
            ("q=1_0", []),
            (f"q={number[:4]} {number[4:7]} {number[7:]}", [-200]),
            (f"q={number[:5]}", []),
            (f"counterparty={number}", [-200]),
            ("counterparty=external:cash", [40, 1000]),
            ("counterparty=4821553906", []),
        ):
            assert self.found(ada, busy, query) == amounts, query

    def test_null_is_a_word_like_any_other(self, ada: Person, bob: Person) -> None:
        account = ada.open(deposit=9)
        ada.transfer(account, bob.open(), 3, body={"memo": "Null and void"})
        for word in ("null", "NULL", "%20null%20"):
            assert self.found(ada, account, f"q={word}") == [-3]
        path = f"/account/{account['account_id']}/transactions"
        for query in ("direction=null", "amount_min=null", "from=null", "counterparty=null", "limit=null"):
            assert ada.refused("GET", f"{path}?{query}") == (400, "invalid_request"), query

    def test_a_cursor_is_of_its_list_alone(self, ada: Person, bob: Person) -> None:
        account, other = ada.open(deposit=9), ada.open(deposit=9)
        ada.share(account, bob)
        for _ in range(3):
            ada.deposit(account, 1)
        path = f"/account/{account['account_id']}/transactions"
        cursor = ada.done("GET", f"{path}?limit=1&direction=in", 200)["next_cursor"]
        for same in ("limit=2&direction=in", "direction=in&format=json"):
            assert ada.call("GET", f"{path}?{same}&cursor={cursor}").status_code == 200
        for query in ("", "direction=out", "direction=in&q=x", "direction=in&to=2999-01-01T00:00:00Z"):
            assert ada.refused("GET", f"{path}?{query}&cursor={cursor}") == (409, "invalid_cursor"), query
        elsewhere = f"/account/{other['account_id']}/transactions?direction=in&cursor={cursor}"
        assert ada.refused("GET", elsewhere) == (409, "invalid_cursor")
        assert bob.refused("GET", f"{path}?direction=in&cursor={cursor}") == (409, "invalid_cursor")

    def test_with_a_time_range(self, ada: Person, busy: dict[str, Any]) -> None:
        lines = ada.done("GET", f"/account/{busy['account_id']}/transactions", 200)["items"]
        assert self.found(ada, busy, f"direction=out&from={lines[1]['time']}") == [-200]
        assert self.found(ada, busy, f"direction=out&to={lines[1]['time']}") == [-30]
        assert self.found(ada, busy, "direction=out&from=2999-01-01T00:00:00Z") == []

    def test_pages_go_on_where_a_look_ended(self, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        account = ada.open()
        for amount in (5, 1, 1, 1, 1, 1, 6, 7, 8):
            ada.deposit(account, amount)
        monkeypatch.setattr(service, "LOOKED_AT_MAX", 4)
        path = f"/account/{account['account_id']}/transactions?amount_min=5&limit=2"
        pages, cursor = [], ""
        while cursor is not None:
            page = ada.done("GET", f"{path}{cursor and f'&cursor={cursor}'}", 200)
            pages.append([line["amount"] for line in page["items"]])
            cursor = page["next_cursor"]
        assert pages == [[8, 7], [6], [5]]

    def test_the_csv_follows_them(self, ada: Person, busy: dict[str, Any]) -> None:
        path = f"/account/{busy['account_id']}/transactions?format=csv&direction=in&limit=1"
        answer = ada.call("GET", path)
        assert [row["amount"] for row in csv.DictReader(io.StringIO(answer.text))] == ["40"]
        following = ada.call("GET", answer.headers["link"].split(">")[0].removeprefix("<"))
        assert [row["amount"] for row in csv.DictReader(io.StringIO(following.text))] == ["1000"]

    def test_are_checked(self, ada: Person) -> None:
        path = f"/account/{ada.open()['account_id']}/transactions"
        for query in (
            "direction=up",
            "amount_min=0",
            "amount_max=1.5",
            "amount_min=9007199254740992",
            "counterparty=123",
            "counterparty=external:gold",
            "q=",
            "q=a%0Ab",
            f"q={'x' * 141}",
        ):
            assert ada.refused("GET", f"{path}?{query}") == (400, "invalid_request"), query
        for query in ("amount_min=2&amount_max=1", "counterparty=4821553907", "q=%20"):
            assert ada.refused("GET", f"{path}?{query}") == (409, "value_refused"), query
