"""Open, read, close accounts."""

import threading
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import psycopg

from api.accounts.numbers import is_account_number
from tests.accounts.users_double import UsersDouble
from tests.accounts.world import Person, World, problem
from tests.forged import forged


class TestCreateAccount:
    def test_an_approved_user_gets_an_approved_empty_account(self, ada: Person) -> None:
        account = ada.done("POST", "/account/create", 201, json={"type": "savings", "currency": "CZK"})
        assert UUID(account["account_id"]).version == 7
        assert is_account_number(account["number"])
        assert account["opened_at"].endswith("Z")
        del account["account_id"], account["number"], account["opened_at"]
        assert account == {
            "type": "savings",
            "currency": "CZK",
            "total": 0,
            "approved": True,
            "overdraft_limit": 0,
            "closed_at": None,
            "is_joint": False,
            "nickname": "",
        }

    def test_a_user_who_waits_for_approval_gets_one_that_waits_too(self, world: World) -> None:
        assert world.person(approved=False).open()["approved"] is False

    def test_type_and_currency_are_checked(self, ada: Person) -> None:
        for body in (
            {"type": "gold", "currency": "EUR"},
            {"type": "checking", "currency": "eur"},
            {"type": "checking"},
            {"type": "checking", "currency": "EUR", "overdraft_limit": 5},
        ):
            assert ada.refused("POST", "/account/create", json=body) == (400, "invalid_request")

    def test_an_approval_that_comes_meanwhile_is_not_lost(
        self, world: World, staff: Person, users: UsersDouble
    ) -> None:
        person = world.person(approved=False)

        def approve() -> None:
            world.root.execute(
                "update users.live_session set user_approved = true where user_id = %s", (person.user_id,)
            )
            assert world.value("select accounts.approve_accounts_of(%s)", person.user_id) == 0

        users.before_answer = approve
        assert person.open()["approved"] is True

    def test_without_the_users_service_nothing_is_opened(
        self, world: World, ada: Person, users: UsersDouble
    ) -> None:
        body = {"type": "checking", "currency": "EUR"}
        before = world.ledger_hash()
        users.broken_with = (500, {})
        assert ada.refused("POST", "/account/create", json=body) == (503, "unavailable")
        users.broken_with = (401, {})
        assert ada.refused("POST", "/account/create", json=body) == (401, "unauthenticated")
        users.broken_with = (200, {"user_id": str(uuid4()), "approved": True})
        assert ada.refused("POST", "/account/create", json=body) == (401, "unauthenticated")
        assert world.ledger_hash() == before

    def test_open_accounts_are_limited(self, world: World) -> None:
        person = world.person()
        accounts = [person.open() for _ in range(30)]
        body = {"type": "checking", "currency": "EUR"}
        assert person.refused("POST", "/account/create", json=body) == (409, "too_many_accounts")
        person.done("DELETE", f"/account/{accounts[0]['account_id']}", 204)
        person.open()

    def test_programs_and_strangers_may_not(self, world: World) -> None:
        body = {"type": "checking", "currency": "EUR"}
        program = world.person(scope="stats:read")
        assert program.refused("POST", "/account/create", json=body) == (403, "forbidden")
        program.token = "x"
        assert program.refused("POST", "/account/create", json=body) == (401, "unauthenticated")


class TestGetAccount:
    def test_owner_and_staff_see_it(self, ada: Person, staff: Person) -> None:
        account = ada.open(deposit=700)
        expected = account | {"total": 700}
        assert ada.done("GET", f"/account/{account['account_id']}", 200) == expected
        assert staff.done("GET", f"/account/{account['account_id']}", 200) == expected

    def test_foreign_and_unknown_look_the_same(self, ada: Person, bob: Person) -> None:
        foreign = ada.open()["account_id"]
        answers = [bob.call("GET", f"/account/{account_id}") for account_id in (foreign, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].text == answers[1].text

    def test_the_balance_at_a_past_moment(self, ada: Person) -> None:
        account = ada.open()
        times = [ada.deposit(account, amount)["time"] for amount in (1, 20, 300)]

        def total_at(moment: str) -> int:
            return ada.done("GET", f"/account/{account['account_id']}?at={moment}", 200)["total"]

        assert [total_at(moment) for moment in times] == [1, 21, 321]
        assert total_at(account["opened_at"]) == 0
        assert total_at("1993-01-01T00:00:00Z") == 0
        assert total_at("2999-01-01T00:00:00%2B02:00") == 321
        for naive in ("2026-01-01T00:00:00", "yesterday", "0.5"):
            path = f"/account/{account['account_id']}?at={naive}"
            assert ada.refused("GET", path) == (400, "invalid_request")

    def test_movements_of_one_moment_count_together(self, ada: Person) -> None:
        source, destination = ada.open(deposit=100), ada.open()
        move = {"from": source["account_id"], "to": destination["account_id"], "amount": 5}
        body = {"mode": "one_by_one", "transfers": [move, move, move]}
        items = ada.done("POST", "/account/transfers", 201, json=body)["items"]
        (time,) = {item["time"] for item in items}
        just_before = datetime.fromisoformat(time) - timedelta(microseconds=1)

        def total_at(moment: str) -> int:
            path = f"/account/{source['account_id']}"
            return ada.done("GET", path, 200, params={"at": moment})["total"]

        assert (total_at(just_before.isoformat()), total_at(time)) == (100, 85)
        for extreme, total in (("0001-01-01T00:00:00+14:00", 0), ("9999-12-31T23:59:59.999999-14:00", 85)):
            assert total_at(extreme) == total


class TestListUserAccounts:
    def test_pages_through_ones_own(self, ada: Person) -> None:
        opened = [ada.open()["account_id"] for _ in range(5)]
        found, cursor = [], ""
        for size in (2, 2, 1):
            page = ada.done("GET", f"/account/user/{ada.user_id}?limit=2{cursor}", 200)
            assert len(page["items"]) == size
            found += [account["account_id"] for account in page["items"]]
            cursor = f"&cursor={page['next_cursor']}"
        assert page["next_cursor"] is None
        assert found == opened

    def test_only_staff_see_anothers(self, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open()
        assert bob.refused("GET", f"/account/user/{ada.user_id}") == (404, "not_found")
        assert staff.done("GET", f"/account/user/{ada.user_id}", 200)["items"] == [account]
        assert bob.done("GET", f"/account/user/{bob.user_id}", 200) == {"items": [], "next_cursor": None}

    def test_a_foreign_cursor_is_refused(self, ada: Person) -> None:
        path = f"/account/user/{ada.user_id}"
        for cursor in ("x", *(forged(ada.user_id, path, key) for key in (None, [1], ["a"]))):
            assert ada.refused("GET", f"{path}?cursor={cursor}") == (409, "invalid_cursor")
        assert ada.refused("GET", f"{path}?cursor=//") == (400, "invalid_request")


class TestCloseAccount:
    def test_an_empty_account_closes_once_and_stays_readable(self, ada: Person) -> None:
        account = ada.open(deposit=5)
        path = f"/account/{account['account_id']}"
        ada.done("POST", f"{path}/withdraw", 201, json={"amount": 5, "destination": "external:cash"})
        ada.done("DELETE", path, 204)
        assert ada.done("GET", path, 200)["closed_at"] is not None
        assert len(ada.done("GET", f"{path}/transactions", 200)["items"]) == 2
        assert ada.refused("DELETE", path) == (409, "account_closed")

    def test_not_while_money_lies_on_it(self, ada: Person) -> None:
        account = ada.open(deposit=1)
        assert ada.refused("DELETE", f"/account/{account['account_id']}") == (409, "balance_not_zero")

    def test_not_another_ones(self, ada: Person, bob: Person, staff: Person) -> None:
        account = ada.open()
        for person in (bob, staff):
            assert person.refused("DELETE", f"/account/{account['account_id']}") == (404, "not_found")

    def test_a_deposit_that_waits_finds_it_closed(self, world: World, ada: Person) -> None:
        account, answers = ada.open(), []
        path = f"/account/{account['account_id']}/deposit"
        with psycopg.connect(world.databases.url("accounts_app")) as closing:
            closed = closing.execute(
                "select accounts.close_account(%s, %s)", (ada.user_id, account["account_id"])
            ).fetchone()
            assert closed == ("done",)
            waiting = threading.Thread(
                target=lambda: answers.append(ada.refused("POST", path, json={"amount": 1}))
            )
            waiting.start()
            world.wait_until_someone_waits()
        waiting.join()
        assert answers == [(409, "account_closed")]

    def test_one_that_waits_for_a_deposit_finds_the_money(self, world: World, ada: Person) -> None:
        account, answers = ada.open(), []
        with psycopg.connect(world.databases.superuser_url()) as paying:
            paying.execute(
                "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
                " values ('deposit', 'external:cash', %s, 1, 'EUR', clock_timestamp())",
                (account["account_id"],),
            )
            waiting = threading.Thread(
                target=lambda: answers.append(ada.refused("DELETE", f"/account/{account['account_id']}"))
            )
            waiting.start()
            world.wait_until_someone_waits()
        waiting.join()
        assert answers == [(409, "balance_not_zero")]

    def test_asks_the_users_service(self, ada: Person, users: UsersDouble) -> None:
        account = ada.open()
        users.broken_with = (503, {})
        assert ada.refused("DELETE", f"/account/{account['account_id']}") == (503, "unavailable")


class TestCloseUserAccounts:
    def test_closes_all_and_may_be_repeated(self, ada: Person) -> None:
        accounts = [ada.open() for _ in range(3)]
        for _ in range(2):
            ada.done("DELETE", f"/account/user/{ada.user_id}", 204)
        for account in accounts:
            assert ada.done("GET", f"/account/{account['account_id']}", 200)["closed_at"] is not None

    def test_one_with_money_keeps_all_open(self, ada: Person) -> None:
        empty, full = ada.open(), ada.open(deposit=1)
        answer = ada.call("DELETE", f"/account/user/{ada.user_id}")
        assert problem(answer) == (409, "balance_not_zero")
        names = ("account_id", "number", "currency", "total")
        assert answer.json()["items"] == [{name: full[name] for name in names} | {"total": 1}]
        assert f"{full['number']} (0.01 EUR)" in answer.json()["detail"]
        assert ada.done("GET", f"/account/{empty['account_id']}", 200)["closed_at"] is None
        assert ada.total(full) == 1

    def test_a_shared_account_stays_with_the_other_owner(self, ada: Person, bob: Person) -> None:
        shared = ada.open(deposit=9)
        path = f"/account/{shared['account_id']}"
        ada.share(shared, bob)
        ada.done("DELETE", f"/account/user/{ada.user_id}", 204)
        assert ada.refused("GET", path) == (404, "not_found")
        assert bob.total(shared) == 9

    def test_only_the_user_themself(self, ada: Person, staff: Person) -> None:
        ada.open()
        assert staff.refused("DELETE", f"/account/user/{ada.user_id}") == (404, "not_found")
