"""Transfers, up to a thousand at once: all or nothing, or one by one."""

from typing import Any

import pytest

from tests.accounts.world import Person, World, problem


class TestTransfers:
    @pytest.fixture
    def accounts(self, ada: Person, bob: Person) -> list[dict[str, Any]]:
        return [ada.open(deposit=100), ada.open(), bob.open()]

    def body(self, mode: str, accounts: list[dict[str, Any]], *moves: tuple[int, int, int]) -> dict[str, Any]:
        return {
            "mode": mode,
            "transfers": [
                {"from": accounts[s]["account_id"], "to": accounts[d]["number"], "amount": amount, "memo": f"{i}"}
                for i, (s, d, amount) in enumerate(moves)
            ],
        }

    def test_one_by_one_posts_what_can_be(self, ada: Person, accounts: list[dict[str, Any]]) -> None:
        moves = [(0, 1, 60), (0, 1, 60), (1, 2, 50), (2, 0, 1), (0, 0, 1), (1, 0, 10)]
        items = ada.done("POST", "/account/transfers", 201, json=self.body("one_by_one", accounts, *moves))[
            "items"
        ]
        assert [item["status"] if item["status"] == "posted" else item["code"] for item in items] == [
            "posted",
            "insufficient_funds",
            "posted",
            "not_found",
            "same_account",
            "posted",
        ]
        assert [item["balance_after"] for item in items if item["status"] == "posted"] == [40, 10, 0]
        assert [item["memo"] for item in items if item["status"] == "posted"] == ["0", "2", "5"]
        assert (ada.total(accounts[0]), ada.total(accounts[1])) == (50, 0)

    def test_all_or_nothing_posts_all(self, ada: Person, accounts: list[dict[str, Any]]) -> None:
        body = self.body("all_or_nothing", accounts, (0, 1, 100), (1, 2, 100))
        items = ada.done("POST", "/account/transfers", 201, json=body)["items"]
        assert [item["balance_after"] for item in items] == [0, 0]

    def test_all_or_nothing_posts_nothing(self, world: World, ada: Person, accounts: list[dict[str, Any]]) -> None:
        before = world.ledger_hash()
        body = self.body("all_or_nothing", accounts, (0, 1, 60), (0, 2, 41))
        answer = ada.call("POST", "/account/transfers", json=body)
        assert problem(answer) == (409, "not_posted")
        assert [item["code"] for item in answer.json()["items"]] == ["not_posted", "insufficient_funds"]
        assert world.ledger_hash() == before

    def test_a_thousand_and_no_more(self, ada: Person, accounts: list[dict[str, Any]]) -> None:
        there_and_back = [(0, 1, 1), (1, 0, 1)] * 500
        body = self.body("all_or_nothing", accounts, *there_and_back)
        assert len(ada.done("POST", "/account/transfers", 201, json=body)["items"]) == 1000
        assert ada.total(accounts[0]) == 100
        body["transfers"].append(body["transfers"][0])
        assert ada.refused("POST", "/account/transfers", json=body) == (400, "invalid_request")
        assert ada.refused("POST", "/account/transfers", json=body | {"transfers": []}) == (400, "invalid_request")

    def test_the_daily_limit_counts_each(self, ada: Person, bob: Person) -> None:
        accounts = [ada.open(deposit=3_000_000), bob.open()]
        body = self.body("one_by_one", accounts, (0, 1, 999_999), (0, 1, 2), (0, 1, 1), (0, 1, 1))
        items = ada.done("POST", "/account/transfers", 201, json=body)["items"]
        assert [item.get("code") for item in items] == [None, "daily_limit_exceeded", None, "daily_limit_exceeded"]

    def test_a_mistyped_number_names_its_place(self, ada: Person, accounts: list[dict[str, Any]]) -> None:
        body = self.body("one_by_one", accounts, (0, 1, 1), (0, 1, 1))
        body["transfers"][1]["to"] = "1234567890"
        answer = ada.call("POST", "/account/transfers", json=body)
        assert problem(answer) == (409, "value_refused")
        assert answer.json()["errors"][0]["field"] == "transfers[1].to"
