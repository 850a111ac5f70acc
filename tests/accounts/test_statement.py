"""The statement: pages, time range, CSV."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import ClientCursor

from api.accounts.statement.repository import STATEMENT
from tests.accounts.world import Person, World
from tests.forged import forged


class TestListTransactions:
    def test_newest_first_with_running_balance(self, ada: Person, bob: Person) -> None:
        account, other = ada.open(deposit=100), bob.open()
        moved = ada.transfer(account, other, 30, body={"memo": "rent"}).json()
        lines = ada.done("GET", f"/account/{account['account_id']}/transactions", 200)["items"]
        assert [(line["sequence"], line["amount"], line["balance_after"]) for line in lines] == [
            (2, -30, 70),
            (1, 100, 100),
        ]
        line = lines[0]
        assert line.pop("id") != moved["transfer_id"]
        assert line == {
            "transfer_id": moved["transfer_id"],
            "account_id": account["account_id"],
            "from": account["account_id"],
            "to": other["account_id"],
            "amount": -30,
            "balance_after": 70,
            "sequence": 2,
            "time": moved["time"],
            "memo": "rent",
            "kind": "transfer",
            "counterparty_number": other["number"],
            "counterparty_name": None,
            "reverses_id": None,
            "reverses_time": None,
            "reversed_by_id": None,
            "reversed_by_time": None,
        }
        (received,) = bob.done("GET", f"/account/{other['account_id']}/transactions", 200)["items"]
        assert (received["amount"], received["from"]) == (30, account["account_id"])
        assert received["counterparty_number"] == account["number"]
        assert (lines[1]["kind"], lines[1]["counterparty_number"]) == ("deposit", None)

    def test_a_reversal_and_its_original_name_each_other(self, ada: Person, bob: Person, staff: Person) -> None:
        account, other = ada.open(deposit=100), bob.open()
        path = f"/account/{account['account_id']}/transactions"
        moved = ada.transfer(account, other, 30).json()
        paid = ada.done("GET", path, 200)["items"][0]
        turned = staff.done("POST", f"/account/transaction/{paid['id']}/reverse", 201, json={})
        for owner, side in ((ada, account), (bob, other)):
            lines = owner.done("GET", f"/account/{side['account_id']}/transactions?limit=2", 200)["items"]
            reversal, original = lines
            assert (reversal["kind"], original["kind"]) == ("reversal", "transfer")
            assert (reversal["reverses_id"], reversal["reverses_time"]) == (moved["transfer_id"], moved["time"])
            assert (original["reversed_by_id"], original["reversed_by_time"]) == (
                turned["transfer_id"],
                turned["time"],
            )
            assert (reversal["reversed_by_id"], original["reverses_id"]) == (None, None)

    def test_no_memo_is_an_empty_one(self, ada: Person) -> None:
        account = ada.open()
        path = f"/account/{account['account_id']}"
        assert ada.done("POST", f"{path}/deposit", 201, json={"amount": 5})["memo"] == ""
        assert [line["memo"] for line in ada.done("GET", f"{path}/transactions", 200)["items"]] == [""]
        (line,) = csv.DictReader(ada.call("GET", f"{path}/transactions?format=csv").text.splitlines())
        assert line["memo"] == ""

    def test_pages_stay_right_while_rows_are_added(self, ada: Person) -> None:
        account = ada.open()
        path = f"/account/{account['account_id']}/transactions"
        for amount in range(1, 8):
            ada.deposit(account, amount)
        found, cursor = [], ""
        while cursor is not None:
            page = ada.done("GET", f"{path}?limit=3{cursor and f'&cursor={cursor}'}", 200)
            found += [line["amount"] for line in page["items"]]
            cursor = page["next_cursor"]
            ada.deposit(account, 100)
        assert found == [7, 6, 5, 4, 3, 2, 1]

    def test_a_time_range_is_half_open(self, ada: Person) -> None:
        account = ada.open()
        times = [ada.deposit(account, amount)["time"] for amount in (1, 2, 3, 4)]

        def amounts(query: str) -> list[int]:
            answer = ada.done("GET", f"/account/{account['account_id']}/transactions?{query}", 200)
            return [line["amount"] for line in answer["items"]]

        assert amounts(f"from={times[1]}&to={times[3]}") == [3, 2]
        assert amounts(f"from={times[2]}") == [4, 3]
        assert amounts(f"to={times[2]}") == [2, 1]
        assert amounts(f"from={times[3]}&to={times[3]}") == []
        assert amounts("from=2999-01-01T00:00:00Z") == []

    def test_parameters_are_checked(self, ada: Person) -> None:
        path = f"/account/{ada.open()['account_id']}/transactions"
        for query in (
            "from=2026-01-01T00:00:00",
            "to=yesterday",
            "to=1700000000",
            "limit=0",
            "limit=1001",
            "format=xml",
            "form=2026-01-01T00:00:00Z",
            "limit=1&limit=2",
        ):
            assert ada.refused("GET", f"{path}?{query}") == (400, "invalid_request"), query
        for cursor in ("x", *(forged(ada.user_id, path, key) for key in ([0], ["a"], [2**64], [], [1, 2], b"[1"))):
            assert ada.refused("GET", f"{path}?cursor={cursor}") == (409, "invalid_cursor")
        assert ada.done("GET", f"{path}?cursor={forged(ada.user_id, path, [9])}", 200)["items"] == []
        query = "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"
        assert ada.refused("GET", f"{path}?{query}") == (409, "invalid_range")

    def test_parameters_are_named_as_the_caller_wrote_them(self, ada: Person) -> None:
        path = f"/account/{ada.open()['account_id']}/transactions"
        for query, field in (("from=x", "from"), ("to=x", "to"), ("format=x", "format"), ("form=x", "form")):
            (error,) = ada.call("GET", f"{path}?{query}").json()["errors"]
            assert error["field"] == field

    def test_foreign_and_unknown_look_the_same(self, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open(deposit=1)
        for account_id in (account["account_id"], uuid4()):
            assert bob.refused("GET", f"/account/{account_id}/transactions") == (404, "not_found")
        assert len(staff.done("GET", f"/account/{account['account_id']}/transactions", 200)["items"]) == 1


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's node and all below it."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


ROWS, LIMIT = 3_000, 51
PARAMETERS = {
    "account_id": "uuid",
    "user_id": "uuid",
    "start": "timestamptz",
    "end": "timestamptz",
    "before": "bigint",
    "limit": "int",
}


@pytest.fixture(scope="module")
def long_account(world: World) -> dict[str, Any]:
    """One with so many transactions."""
    account = world.person().open()
    world.root.execute(
        "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
        " select 'deposit', 'external:cash', %s, 1, 'EUR', clock_timestamp() + n * interval '1 second'"
        " from generate_series(1, %s) n",
        (account["account_id"], ROWS),
    )
    world.root.execute("vacuum analyze accounts.transaction, accounts.transfer, accounts.account")
    return account


class TestCost:
    """What a page costs does not depend on where in a history it lies, nor on how long that is."""

    @pytest.mark.parametrize("plan_mode", ["force_custom_plan", "force_generic_plan"])
    @pytest.mark.parametrize("before", [2**63 - 1, ROWS // 2, LIMIT + 1])
    @pytest.mark.parametrize("has_range", [False, True])
    def test_first_and_last_page_read_no_more_than_they_show(
        self, world: World, long_account: dict[str, Any], plan_mode: str, before: int, has_range: bool
    ) -> None:
        names = list(PARAMETERS)
        query = re.sub(r"%\((\w+)\)s", lambda name: f"${names.index(name[1]) + 1}", STATEMENT.decode())
        since, until = ("1993-01-01T00:00Z", "2999-01-01T00:00Z") if has_range else (None, None)
        with psycopg.connect(world.databases.url("accounts_app")) as connection:
            connection.execute(f"set plan_cache_mode = {plan_mode}".encode())
            connection.execute(f"prepare page ({', '.join(PARAMETERS.values())}) as {query}".encode())
            ((plans,),) = ClientCursor(connection).execute(
                "explain (analyze, format json) execute page (%s, %s, %s, %s, %s, %s)",
                (long_account["account_id"], uuid4(), since, until, before, LIMIT),
            )
        found = list(nodes(plans[0]["Plan"]))
        assert {node["Index Name"] for node in found if "Index Name" in node} == {
            "payee_pkey",
            "transaction_sequence_unique",
            "transfer_pkey",
            "transfer_reversed_once",
        }
        assert max(node["Actual Rows"] * node["Actual Loops"] for node in found) == LIMIT
        assert sum(node[name] for node in found for name in node if name.startswith("Rows Removed")) == 0


class TestStatementAsCsv:
    def test_columns_and_next_page(self, ada: Person) -> None:
        account = ada.open()
        for amount in (1, 2, 3):
            ada.deposit(account, amount)
        path = f"/account/{account['account_id']}/transactions?format=csv&limit=2"
        answer = ada.call("GET", path)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [(row["amount"], row["balance_after"], row["from"]) for row in rows] == [
            ("3", "6", "external:cash"),
            ("2", "3", "external:cash"),
        ]
        following = ada.call("GET", answer.headers["link"].split(">")[0].removeprefix("<"))
        assert [row["amount"] for row in csv.DictReader(io.StringIO(following.text))] == ["1"]
        assert "link" not in following.headers

    def test_by_the_accept_header(self, ada: Person) -> None:
        path = f"/account/{ada.open()['account_id']}/transactions"
        answer = ada.call("GET", path, headers={"Accept": "text/csv"})
        assert answer.text == (
            "time,counterparty_name,counterparty_number,memo,amount_major,balance_after_major,currency,kind,"
            "amount,balance_after,sequence,from,to,id,transfer_id,reverses_id,reversed_by_id\r\n"
        )
        answer = ada.call("GET", f"{path}?format=json", headers={"Accept": "text/csv"})
        assert answer.json()["items"] == []

    def test_memos_are_never_formulas(self, ada: Person) -> None:
        account = ada.open()
        memos = ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u3000=1", "＝1", 'say "hi", you', "plain"]
        for memo in memos:
            path = f"/account/{account['account_id']}/deposit"
            ada.done("POST", path, 201, json={"amount": 1, "memo": memo})
        answer = ada.call("GET", f"/account/{account['account_id']}/transactions?format=csv")
        found = [row["memo"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
        assert found[::-1] == [f"'{memo}" for memo in memos[:7]] + memos[7:]

    def test_amounts_have_the_decimals_of_the_currency_too(self, ada: Person) -> None:
        for currency, expected in (("EUR", "12.34"), ("JPY", "1234")):
            account = ada.open(currency=currency)
            ada.deposit(account, 1234)
            answer = ada.call("GET", f"/account/{account['account_id']}/transactions?format=csv")
            (row,) = csv.DictReader(io.StringIO(answer.text))
            assert (row["currency"], row["amount"], row["amount_major"]) == (currency, "1234", expected)
            assert row["balance_after_major"] == expected

    def test_nothing_else_is_offered(self, ada: Person) -> None:
        account = ada.open()
        path = f"/account/{account['account_id']}"
        assert ada.refused("GET", f"{path}/transactions", headers={"Accept": "text/html"}) == (
            406,
            "not_acceptable",
        )
        assert ada.refused("GET", path, headers={"Accept": "text/csv"}) == (406, "not_acceptable")
        assert ada.call("GET", f"{path}/transactions", headers={"Accept": "text/*"}).text.startswith("time,")
